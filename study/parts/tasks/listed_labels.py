"""Labels of which each example has a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from study.parts.tasks.data import Labels
from study.parts.tasks.label_sets import UNKNOWN
from study.values.problems import InputError


def listed_labels(
    lists: Sequence[Sequence[Any] | None],
    *,
    what: str,
    place: Callable[[int], str],
    name: Callable[[Any], str | None],
    ordered: Callable[[set[str]], tuple[str, ...]],
) -> Labels:
    """Return labels of lists of names, or of lists that say 1 or 0 of each label.

    They are the latter where all are of one length and of 0 and 1 alone, and one repeats itself, as names do not.

    Args:
        lists: One an example; an empty one has no label, None says nothing.
        what: Whose they are, for messages.
        place: Says where the list at a position stands.
        name: Returns a label's name; None or a ValueError where a value is none.
        ordered: Puts names in order.

    Raises:
        InputError: If a value is no list, or one in it no name, or it names a label twice (names the first).
    """
    if _are_rows(lists):
        width = next(len(one) for one in lists if one is not None)
        return Labels.of_matrix([[UNKNOWN] * width if one is None else list(one) for one in lists], what=what)
    named = [None if one is None else _names(one, f"{what}, {place(n)}", name) for n, one in enumerate(lists)]
    classes = ordered({label for one in named for label in one or ()})
    if not classes:
        raise InputError(f"{what}: every list is empty; it names no label")
    matrix = np.zeros((len(named), len(classes)), dtype=np.int64)
    places = {label: column for column, label in enumerate(classes)}
    for row, one in enumerate(named):
        matrix[row, [places[label] for label in one or ()]] = 1
        matrix[row] = UNKNOWN if one is None else matrix[row]
    return Labels.of_matrix(matrix, classes, what=what)


def _are_rows(lists: Sequence[Sequence[Any] | None]) -> bool:
    given = [one for one in lists if isinstance(one, list)]
    return (
        len({len(one) for one in given}) == 1
        and all(type(value) in (int, bool) and value in (0, 1) for one in given for value in one)
        and any(len(set(one)) < len(one) for one in given)
    )


def _names(values: Any, where: str, name: Callable[[Any], str | None]) -> list[str]:
    if not isinstance(values, list):
        raise InputError(f"{where}: {values!r} is no list of labels, as others are")
    try:
        found = [name(value) for value in values]
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    names = [one for one in found if one is not None]
    if len(names) < len(found) or len(set(names)) < len(names):
        raise InputError(f"{where}: {values!r} names a label twice, or holds none where one should be")
    return names
