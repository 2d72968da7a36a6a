"""What sources on a table read alike: label columns, the column of a split, and names of columns that are not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import Labels
from study.parts.tasks.labelling import choose_targets, encode_labels
from study.parts.tasks.sources.table import Table
from study.parts.tasks.split_names import read_split
from study.values.problems import InputError, Problem, unknown_name


def row_place(position: int) -> str:
    """Return how messages call a row: counted from 1, below the header."""
    return f"row {position + 1}"


def absent_columns(table: Table, options: Mapping[str, Sequence[str | None] | None], what: str) -> list[Problem]:
    """Return a problem for each column that an option names and the table lacks.

    Args:
        table: Where to look.
        options: By option the columns that it names; None for none.
        what: What the table is called.
    """
    return [
        Problem(message=unknown_name(column, table, what=f"column of {what}"), location=("options", option))
        for option, columns in options.items()
        for column in columns or ()
        if column is not None and column not in table
    ]


def label_columns(
    table: Table, targets: Sequence[str | None], available: Sequence[str], *, what: str, place: Callable[[int], str]
) -> tuple[dict[str, Labels], list[Problem]]:
    """Return the labels of every target meant, by its column, and what is wrong with the others.

    Args:
        table: Holds them.
        targets: Label columns wanted.
        available: Columns that may be labels.
        what: What the table is called.
        place: Says where the row at a position stands.
    """
    names, problems = choose_targets(targets, available, what=what)
    labels = {}
    for name in names:
        try:
            labels[name] = encode_labels(table[name], what=f"{what} column {name!r}", place=place)
        except InputError as error:
            problems += [Problem(message=problem.message, location=("target", name)) for problem in error.problems]
    return labels, problems


def read_split_column(table: Table, column: str | None, what: str) -> tuple[NDArray[np.str_] | None, list[Problem]]:
    """Return the split of each row, and what is wrong with it; None where no column that is there is named."""
    if column is None or column not in table:
        return None, []
    try:
        return read_split(table[column], what=f"{what} column {column!r}", place=row_place), []
    except InputError as error:
        return None, list(error.problems)
