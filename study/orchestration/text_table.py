"""Tables as text, for pages and Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Table:
    """Columns, and rows of text."""

    columns: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def shown(table: pd.DataFrame, names: Mapping[str, str] | None = None) -> Table:
    """Return a table as text: numbers to 4 digits, what is missing blank.

    Args:
        table: What to show.
        names: Columns to show, each with its heading; all under their own names where not given.
    """
    names = names or {name: str(name) for name in table.columns}
    rows = [[_cell(row[name]) for name in names] for row in table.to_dict(orient="records")]
    return Table(list(names.values()), rows)


def with_interval(table: pd.DataFrame, low: str = "low", high: str = "high") -> pd.DataFrame:
    """Return a table with a column `interval` of text, made of those of its ends; blank where there is none."""
    ends = zip(table[low], table[high], strict=True)
    intervals = ["" if math.isnan(one) else f"{one:.4g} to {other:.4g}" for one, other in ends]
    added: pd.DataFrame = table.assign(interval=intervals)
    return added


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
