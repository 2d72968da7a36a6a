"""From a table with columns of texts to labelled texts, wherever the table is from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.sources.table import Table
from study.parts.tasks.sources.table_columns import absent_columns, label_columns
from study.parts.tasks.texts import Duplicates, TextRows, keep_distinct
from study.values.problems import InputError, Problem

_NUM_NAMED = 5
MOST_TEXTS = 2
"""An example is one text or a pair: what encoders are pretrained on."""


def labelled_texts(
    table: Table,
    *,
    what: str,
    columns: Sequence[str],
    targets: Sequence[str | None],
    place: Callable[[int], str],
    split: NDArray[np.str_] | None = None,
    not_targets: Sequence[str | None] = (),
    duplicates: Duplicates = "refuse",
    licence: str | None = None,
) -> LabelledInputs:
    """Return the texts of one or two columns with the labels of others; an empty label means none for that target.

    Args:
        table: At least one row.
        what: What the table is called, for messages.
        columns: Those of the texts, in the order in which a pair is read.
        targets: Label columns wanted.
        place: Says where the row at a position stands.
        split: Of each row, or None.
        not_targets: Other columns that are no labels.
        duplicates: What is done about equal texts.
        licence: Terms, where they are known.

    Raises:
        InputError: With all that is wrong: columns absent, rows without text, values that name no class, leaks.
    """
    problems = column_problems(table, columns, what)
    available = [name for name in table if name not in (*columns, *not_targets)]
    labels, wrong = label_columns(table, targets, available, what=what, place=place)
    problems += wrong
    rows: list[tuple[str, ...]] = []
    kept = np.zeros(0, dtype=np.int64)
    try:
        if all(column in table for column in columns):
            rows = _rows([table[column] for column in columns], columns, what, place)
            kept = keep_distinct(rows, split, duplicates, what=what, place=place)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    return LabelledInputs(
        inputs=TextRows([rows[position] for position in kept], lambda index: place(int(kept[index]))),
        labels={name: replace(one, values=one.values[kept]) for name, one in labels.items()},
        split=None if split is None else split[kept],
        licence=licence,
    )


def column_problems(table: Table, columns: Sequence[str], what: str) -> list[Problem]:
    """Return a problem for each column of texts that is not there, and one if there are too many."""
    found = absent_columns(table, {"text_columns": columns}, what)
    if not 1 <= len(columns) <= MOST_TEXTS:
        message = f"{len(columns)} columns of texts; an example is one text or a pair of two"
        found.append(Problem(message=message, location=("options", "text_columns")))
    return found


def _rows(
    texts: Sequence[Sequence[Any]], columns: Sequence[str], what: str, place: Callable[[int], str]
) -> list[tuple[str, ...]]:
    """Return the texts a row.

    Raises:
        InputError: If any is no text or blank (says how many and names the first 5).
    """
    for column, values in zip(columns, texts, strict=True):
        blank = [n for n, value in enumerate(values) if not isinstance(value, str) or not value.strip()]
        if blank:
            listed = ", ".join(place(position) for position in blank[:_NUM_NAMED])
            raise InputError(f"{what} column {column!r}: {len(blank)} without a text: {listed}")
    return list(zip(*texts, strict=True))
