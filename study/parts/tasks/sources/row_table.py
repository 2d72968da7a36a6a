"""Rows of numbers and their labels as the columns of one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.array_rows import ArrayRows
from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.table import Table, read_table
from study.parts.tasks.sources.table_columns import absent_columns, label_columns, read_split_column, row_place
from study.values.problems import InputError, Problem


@register_data(
    "table",
    summary="a table (.csv or .parquet) of numbers, a row an example; label columns are the targets; for `mlp`",
    argument="PATH",
)
def load(
    argument: str,
    *,
    root: Path,
    targets: Sequence[str | None],
    features: list[str] | None = None,
    leave_out: list[str] | None = None,
    split_column: str | None = None,
) -> LabelledInputs:
    """Read a table; an empty label means that the example has none for that target, an empty number is refused.

    Args:
        argument: Path of the table, relative to `root`. Messages count its rows from 1, below the header.
        root: Folder of the spec.
        targets: Label columns wanted.
        features: Columns that a model is given; where not given all but the study's targets, the split and those left
            out: a label that no task predicts is then among them.
        leave_out: Columns that are neither given to a model nor predicted.
        split_column: Column of `train`, `validation` or `test`.

    Raises:
        InputError: With all that is wrong: columns absent or without numbers, values that name no class or split.
    """
    path = root / argument
    table = read_table(path)
    aside = [split_column, *(leave_out or ())]
    options = {"features": features, "leave_out": leave_out, "split_column": [split_column]}
    problems = absent_columns(table, options, path.name)
    available = [name for name in table if name not in (*aside, *(features or ()))]
    labels, wrong = label_columns(table, targets, available, what=path.name, place=row_place)
    problems += wrong
    chosen = features if features is not None else [name for name in table if name not in (*aside, *labels)]
    rows = None
    try:
        if not problems:
            rows = ArrayRows(
                _numbers(table, chosen, path),
                source=path.name,
                columns=chosen,
                place=lambda index: f"{path.name} {row_place(index)}",
            )
    except InputError as error:
        problems += error.problems
    split, torn = read_split_column(table, split_column, path.name)
    problems += torn
    if problems:
        raise InputError(problems)
    assert rows is not None, "without a problem every number was read"
    return LabelledInputs(inputs=rows, labels=labels, split=split)


def _numbers(table: Table, columns: Sequence[str], path: Path) -> NDArray[np.float64]:
    """Return columns as one array, shape (rows, columns); NaN where a value is missing.

    Raises:
        InputError: If there is no column, or one holds anything but numbers (names each, with its first such value).
    """
    if not columns:
        raise InputError(f"{path.name} has no column left to learn from")
    numbers, problems = [], []
    for name in columns:
        try:
            numbers.append([_number(value, position) for position, value in enumerate(table[name])])
        except ValueError as error:
            message = f"{path.name} column {name!r}, {error}; code it as numbers, or name it in options.leave_out"
            problems.append(Problem(message=message, location=("options",)))
    if problems:
        raise InputError(problems)
    return np.stack([np.array(column, dtype=np.float64) for column in numbers], axis=1)


def _number(value: Any, position: int) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{row_place(position)}: {str(value)[:40]!r} is no number") from None
