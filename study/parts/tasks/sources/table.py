"""A table of a .csv, .parquet or .jsonl file, a list a column."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from study.values.problems import InputError

Table = dict[str, list[Any]]


def read_table(path: Path) -> Table:
    """Return the columns of a file by name; nothing is left out or guessed.

    A CSV file is UTF-8 with commas and a header; its numbers become int or float where a whole column reads so. In a
    JSONL file each line is an object, all with the same keys.

    Raises:
        InputError: If there is no such file, it ends otherwise, or cannot be read (names the row).
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".jsonl": _read_jsonl}
    if path.suffix not in readers:
        raise InputError(f"{path}: a table ends in {' or '.join(readers)}, not in {path.suffix!r}")
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    table = readers[path.suffix](path)
    if not table or not next(iter(table.values())):
        raise InputError(f"{path} has no rows")
    return table


def _read_csv(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not rows:
        return {}
    header, *body = rows
    _refuse_repeated(header, path)
    for number, row in enumerate(body, start=1):
        if len(row) != len(header):
            raise InputError(f"{path} row {number}: {len(row)} values for {len(header)} columns")
    return {name: _typed([row[column] for row in body]) for column, name in enumerate(header)}


def _read_parquet(path: Path) -> Table:
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path).read()
        names = table.column_names
        columns = [column.to_pylist() for column in table.columns]
    except Exception as error:  # Arrow's own, and what values raise that Python has no equal of
        raise InputError(f"cannot read {path}: {error}") from error
    _refuse_repeated(names, path)
    return dict(zip(names, columns, strict=True))


def _read_jsonl(path: Path) -> Table:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read {path}: {error}") from error
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            rows.append(_json_row(line, path, number))
            if rows[-1].keys() != rows[0].keys():
                raise InputError(
                    f"{path} line {number}: keys {', '.join(rows[-1])}, but the first has {', '.join(rows[0])}"
                )
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _json_row(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot read {path} line {number}: {error}") from error
    if not isinstance(row, dict):
        raise InputError(f"{path} line {number}: a {type(row).__name__}; each line is an object of column to value")
    return row


def _typed(values: list[str]) -> list[Any]:
    """Return a column of fractions as floats, so that it is not taken for one of names; any other as it is."""
    given = [value for value in values if value.strip()]
    if _all_read_as(int, given) or not _all_read_as(float, given):
        return list(values)
    return [float(value) if value.strip() else None for value in values]


def _all_read_as(kind: type, values: Sequence[str]) -> bool:
    try:
        for value in values:
            kind(value)
    except ValueError:
        return False
    return True


def _refuse_repeated(names: Sequence[str], path: Path) -> None:
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    if repeated:
        raise InputError(f"{path} has two columns of the name {', '.join(map(repr, repeated))}")
