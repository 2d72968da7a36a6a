"""Data frames, for programs and for people."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.faces.console import show_table
from study.values.problems import InputError

if TYPE_CHECKING:
    import pandas as pd

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="As CSV.")]


def write_frame(table: pd.DataFrame, *, as_json: bool, as_csv: bool) -> bool:
    """Write a table for programs where asked to; return whether it was.

    Raises:
        InputError: If asked for both.
    """
    if as_json and as_csv:
        raise InputError("--json and --csv: choose one")
    if as_json:
        sys.stdout.write(json.dumps(json_rows(table), indent=2) + "\n")
    elif as_csv:
        sys.stdout.write(table.to_csv(index=False))
    return as_json or as_csv


def json_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON can hold them."""
    # By way of pandas, which writes what is missing as null; json alone would write NaN.
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def show_frame(table: pd.DataFrame) -> None:
    """Print a table for people, nothing standing where a value is missing."""
    rows = [[None if str(value) in ("<NA>", "nan", "None") else value for value in row] for row in table.to_numpy()]
    show_table(list(table.columns), rows)
