"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 400
"""Columns for a table that goes to a file or a pipe: nothing in it is cut."""

results = Console(soft_wrap=True)
errors = Console(stderr=True)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table, sized for the terminal, or wide where there is none."""
    console = results if results.is_terminal else Console(width=_WIDE)
    table = Table(title=title, title_justify="left", box=None if not results.is_terminal else Table().box)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row))  # as text: brackets are no markup
    console.print(table)


def cell(value: object) -> str:
    """Return a value as it stands in a table: numbers to four digits, nothing for what is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.3g}"
    return str(value)
