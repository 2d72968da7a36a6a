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
        *(f"Not selected: {sentence}." for sentence in findings.infeasible),
        *(f"Budgets: {sentence}." for sentence in findings.unequal),
        *left_out,
        "## Leaderboard",
        tables.leaderboard_rows(findings).markdown(),
    ]
    for task, one in findings.tasks.items():
        parts += [f"## Task {task}", tables.standing_rows(one.standings).markdown()]
        comparisons = tables.comparison_rows(one.standings)
        if comparisons.rows:
            parts.append(comparisons.markdown())
        if len(one.worst_classes):
            parts += [tables.worst_rows(one.worst_classes).markdown(), shown(one.calibration).markdown()]
    if findings.outer is not None:
        parts += ["## Validation against the outer split", tables.agreement_rows(findings.outer).markdown()]
        parts += ["## Oracle", tables.oracle_rows(findings.outer).markdown()]
    for title, table in (
        ("Sharing against single tasks", shown(findings.sharing)),
        ("Leaving one task out", shown(findings.leaving_out)),
        ("Affinity of tasks", shown(findings.affinity)),
        ("From training to test", shown(findings.gaps)),
        ("Out of distribution", tables.out_of_distribution_rows(findings.out_of_distribution)),
        ("Few examples of each class", tables.few_shot_rows(findings.few_shot)),
        ("Selection bias", shown(findings.selection_bias)),
        ("Pareto front", tables.pareto_rows(findings.pareto)),
        ("Where the order turns", tables.flip_rows(findings.flips)),
        ("Freezing depth", tables.depth_rows(findings.depths)),
        ("Failures", shown(findings.failures)),
    ):
        if table.rows:
            parts += [f"## {title}", table.markdown()]
    return "\n\n".join(parts) + "\n"
