"""The report as Markdown: the conclusion, the leaderboard and every comparison."""

from __future__ import annotations

from study.faces.report import tables
from study.orchestration.findings import Findings


def markdown(name: str, findings: Findings) -> str:
    """Return the report's words and main tables.

    Args:
        name: The study's.
        findings: What it found.
    """
    parts = [f"# {name}", *findings.conclusion, "## Leaderboard", table_text(tables.leaderboard_rows(findings))]
    for task, one in findings.tasks.items():
        parts += [f"## Task {task}", table_text(tables.standing_rows(one.standings))]
        comparisons = tables.comparison_rows(one.standings)
        if comparisons.rows:
            parts.append(table_text(comparisons))
        parts.append(table_text(tables.shown(one.calibration)))
    for title, table in (
        ("Sharing against single tasks", findings.sharing),
        ("From training to test", findings.gaps),
        ("Selection bias", findings.selection_bias),
        ("Failures", findings.failures),
    ):
        if len(table):
            parts += [f"## {title}", table_text(tables.shown(table))]
    return "\n\n".join(parts) + "\n"


def table_text(table: tables.Table) -> str:
    """Return a table as Markdown."""
    lines = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
