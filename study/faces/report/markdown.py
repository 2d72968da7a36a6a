"""The report as Markdown: the conclusion, the leaderboard and every comparison."""

from __future__ import annotations

from study.faces.report import tables
from study.orchestration.findings import Findings
from study.orchestration.text_table import shown


def markdown(name: str, findings: Findings) -> str:
    """Return the report's words and main tables.

    Args:
        name: The study's.
        findings: What it found.
    """
    left_out = [f"Left out: {sentence}." for sentence in findings.damaged]
    parts = [
        f"# {name}",
        *findings.conclusion,
        *left_out,
        "## Leaderboard",
        tables.leaderboard_rows(findings).markdown(),
    ]
    for task, one in findings.tasks.items():
        parts += [f"## Task {task}", tables.standing_rows(one.standings).markdown()]
        comparisons = tables.comparison_rows(one.standings)
        if comparisons.rows:
            parts.append(comparisons.markdown())
        parts.append(shown(one.calibration).markdown())
    for title, table in (
        ("Sharing against single tasks", findings.sharing),
        ("From training to test", findings.gaps),
        ("Selection bias", findings.selection_bias),
        ("Failures", findings.failures),
    ):
        if len(table):
            parts += [f"## {title}", shown(table).markdown()]
    return "\n\n".join(parts) + "\n"
