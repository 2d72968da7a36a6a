"""Tables of the report that are more than a table of findings, as text."""

from __future__ import annotations

from study.orchestration.findings import Findings
from study.orchestration.findings.standings import Standings
from study.orchestration.leaderboard_text import leaderboard_text
from study.orchestration.text_table import Table, shown, with_interval


def standing_rows(found: Standings) -> Table:
    """Return the arms of a task, best first, with their intervals."""
    names = {
        "arm": "arm",
        "test": "test",
        "interval": "interval",
        "probability_best": "chance of being best",
        "expected_rank": "expected rank",
        "seeds": "seeds",
        "examples": "test examples",
    }
    return shown(with_interval(found.table), names)


def comparison_rows(found: Standings) -> Table:
    """Return every pair of a task's arms."""
    names = {
        "arm": "arm",
        "against": "against",
        "difference": "difference",
        "interval": "interval",
        "p_holm": "p (Holm)",
        "p_mcnemar": "p of accuracy (McNemar)",
        "verdict": "verdict",
    }
    return shown(with_interval(found.comparisons), names)


def leaderboard_rows(findings: Findings) -> Table:
    """Return the leaderboard, its intervals those of the bootstrap where there are predictions to resample."""
    # A limit that is 0 or 1 everywhere makes a column of whole numbers.
    table = findings.leaderboard.astype({"test": float, "test_low": float, "test_high": float})
    for task, one in findings.tasks.items():
        for row in one.standings.table.to_dict(orient="records"):
            place = (table["task"] == task) & (table["arm"] == row["arm"])
            table.loc[place, ["test", "test_low", "test_high"]] = [row["test"], row["low"], row["high"]]
    return leaderboard_text(table)
