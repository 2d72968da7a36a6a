"""The leaderboard as Markdown."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

_COLUMNS = ("rank", "arm", "task", "metric", "validation", "test", "interval", "seeds", "trial", "trials")


def leaderboard_markdown(table: pd.DataFrame) -> str:
    """Return a leaderboard as a Markdown table, best first within each task; what is missing is left blank."""
    rows = [[_shown(row, column) for column in _COLUMNS] for row in table.to_dict(orient="records")]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (_COLUMNS, ["---"] * len(_COLUMNS), *rows))


def _shown(row: dict[Any, Any], column: str) -> str:
    if column == "interval":
        return "" if math.isnan(row["test_low"]) else f"{row['test_low']:.4g} to {row['test_high']:.4g}"
    value = row[column]
    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
