"""Rows of numbers and their labels as the columns of one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.array_rows import ArrayRows
from study.parts.tasks.data import LabelledInputs, Labels
from study.parts.tasks.labelling import choose_targets, encode_labels
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.table import Table, read_table
from study.parts.tasks.split_names import read_split
from study.values.problems import InputError, Problem, unknown_name


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
    problems = _column_problems(table, {"features": features, "leave_out": leave_out}, path)
    problems += _column_problems(table, {"split_column": None if split_column is None else [split_column]}, path)
    names, wrong = choose_targets(
        targets, [name for name in table if name not in (*aside, *(features or ()))], what=path.name
    )
    problems += wrong
    labels: dict[str, Labels] = {}
    for name in names:
        try:
            labels[name] = encode_labels(table[name], what=f"{path.name} column {name!r}", place=_row)
        except InputError as error:
            problems += [Problem(message=problem.message, location=("target", name)) for problem in error.problems]
    chosen = features if features is not None else [name for name in table if name not in (*aside, *names)]
    rows, split = None, None
    try:
        rows = (
            None
            if problems
            else ArrayRows(
                _numbers(table, chosen, path),
                source=path.name,
                columns=chosen,
                place=lambda index: _placed(path, index),
            )
        )
    except InputError as error:
        problems += error.problems
    try:
        if split_column in table:
            split = read_split(table[str(split_column)], what=f"{path.name} column {split_column!r}", place=_row)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    assert rows is not None, "without a problem every number was read"
    return LabelledInputs(inputs=rows, labels=labels, split=split)


def _column_problems(table: Table, options: dict[str, list[str] | None], path: Path) -> list[Problem]:
    return [
        Problem(message=unknown_name(column, table, what=f"column of {path.name}"), location=("options", option))
        for option, columns in options.items()
        for column in columns or ()
        if column not in table
    ]


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
        raise ValueError(f"{_row(position)}: {str(value)[:40]!r} is no number") from None


def _row(position: int) -> str:
    return f"row {position + 1}"


def _placed(path: Path, position: int) -> str:
    return f"{path.name} {_row(position)}"
