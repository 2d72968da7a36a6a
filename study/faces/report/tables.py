"""The report's tables, as rows of text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from study.orchestration.findings import Findings
from study.orchestration.findings.standings import Standings


@dataclass(frozen=True)
class Table:
    """Columns, and rows of text."""

    columns: list[str]
    rows: list[list[str]]


def shown(table: pd.DataFrame, names: Mapping[str, str] | None = None) -> Table:
    """Return a table as text: numbers to 4 digits, what is missing blank.

    Args:
        table: What to show.
        names: Columns to show, each with its heading; all under their own names where not given.
    """
    names = names or {name: str(name) for name in table.columns}
    rows = [[_cell(row[name]) for name in names] for row in table.to_dict(orient="records")]
    return Table(list(names.values()), rows)


def standing_rows(found: Standings) -> Table:
    """Return the arms of a task, best first, with their intervals."""
    table = found.table.assign(interval=[_interval(row) for row in found.table.to_dict(orient="records")])
    names = {
        "arm": "arm",
        "test": "test",
        "interval": "interval",
        "probability_best": "chance of being best",
        "expected_rank": "expected rank",
        "seeds": "seeds",
        "examples": "test examples",
    }
    return shown(table, names)


def comparison_rows(found: Standings) -> Table:
    """Return every pair of a task's arms."""
    table = found.comparisons
    table = table.assign(interval=[_interval(row) for row in table.to_dict(orient="records")])
    names = {
        "arm": "arm",
        "against": "against",
        "difference": "difference",
        "interval": "interval",
        "p_holm": "p (Holm)",
        "p_mcnemar": "p of accuracy (McNemar)",
        "verdict": "verdict",
    }
    return shown(table, names)


def leaderboard_rows(findings: Findings) -> Table:
    """Return the leaderboard, its intervals those of the bootstrap where there are predictions to resample."""
    table = findings.leaderboard.copy()
    for task, one in findings.tasks.items():
        for row in one.standings.table.to_dict(orient="records"):
            place = (table["task"] == task) & (table["arm"] == row["arm"])
            table.loc[place, ["test", "test_low", "test_high"]] = [row["test"], row["low"], row["high"]]
    rows = table.to_dict(orient="records")
    table["interval"] = [_interval({"low": row["test_low"], "high": row["test_high"]}) for row in rows]
    wanted = ("rank", "arm", "task", "metric", "validation", "test", "interval", "seeds", "trial", "trials")
    return shown(table, {name: name for name in wanted})


def _interval(row: Mapping[Any, Any]) -> str:
    return "" if math.isnan(row["low"]) else f"{row['low']:.4g} to {row['high']:.4g}"


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
