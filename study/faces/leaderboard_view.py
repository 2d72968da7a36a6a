"""The leaderboard, as a person reads it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from study.faces.console import cell, results, show_table

if TYPE_CHECKING:
    import pandas as pd

    from study.orchestration.study import Study

_COLUMNS = ("rank", "protocol", "backbone", "task", "metric", "validation", "test", "interval", "seeds", "trial", "arm")


def show_leaderboard(table: pd.DataFrame) -> None:
    """Print a leaderboard: validation of the selected trial, test with its interval over seeds."""
    rows = [[_shown(row, column) for column in _COLUMNS] for row in table.to_dict(orient="records")]
    show_table(_COLUMNS, rows)


def show_not_selected(study: Study) -> None:
    """Say of which arms no trial keeps to the constraints, and which a race was decided against."""
    for sentence in (*study.not_selected(), *study.unequal_budgets()):
        results.print(sentence, markup=False, highlight=False)


def _shown(row: dict[Any, Any], column: str) -> object:
    if column == "interval":
        low, high = row["test_low"], row["test_high"]
        return None if math.isnan(low) else f"[{cell(low)}, {cell(high)}]"
    value = row[column]
    return None if str(value) == "<NA>" else value
