"""A table of findings, with its columns though there be no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd


def table_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a table with these columns, in this order."""
    table: pd.DataFrame = pd.DataFrame(list(rows), columns=list(columns))
    return table


def stacked(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables one below the other; an empty one with these columns where there is none."""
    table: pd.DataFrame = pd.concat(tables, ignore_index=True) if tables else table_of([], columns)
    return table
