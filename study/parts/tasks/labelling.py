"""Labels from raw values: which classes there are, and which one each example is of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.label_sets import decoded_sets
from study.parts.tasks.listed_labels import listed_labels
from study.parts.tasks.numbers import coded
from study.values.problems import InputError, Problem, unknown_name

_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
"""What is ordered as a number; Python reads none of more than 4,300 digits."""


def encode_labels(
    values: Iterable[Any], *, what: str, place: Callable[[int], str] = lambda position: f"example {position}"
) -> Labels:
    """Return labels whose classes are the values found, sorted as numbers where all are whole numbers, else as text.

    Where a number has a fraction, labels are numbers, for regression; they are no classes, and say why. Where values
    are lists, an example has any number of labels: those that its list names.

    Args:
        values: int, bool, text, or a float that is a whole number; None, NaN and empty text mean no label. Or lists of
            such, an empty one for an example with none of the labels.
        what: Whose values these are, for the message.
        place: Says where the value at a position stands, for the message.

    Raises:
        InputError: If a value is of another kind (names the first).
    """
    names: list[str | None] = []
    values = list(values)
    if any(isinstance(value, list) for value in values):
        return listed_labels(values, what=what, place=place, name=_class_name, ordered=_sorted_classes)
    for position, value in enumerate(values):
        try:
            names.append(_class_name(value))
        except _FractionError as error:
            return _numbers(values, f"{what}, {place(position)}: {error}")
        except ValueError as error:
            raise InputError(f"{what}, {place(position)}: {error}") from error
    classes = _sorted_classes({name for name in names if name is not None})
    codes: dict[str | None, int] = {name: code for code, name in enumerate(classes)}
    codes[None] = MISSING
    return Labels(values=np.array([codes[name] for name in names], dtype=np.int64), classes=classes)


def as_numbers(labels: Labels, *, what: str) -> Labels:
    """Return labels as numbers to predict, also those whose values were taken for classes, being whole numbers.

    Raises:
        InputError: If a class is no number (names the first), or -1 was read as no label.
    """
    if labels.no_classes is not None:
        return labels
    if labels.sets is not None:
        raise InputError(f"{what} is to be predicted as a number, but is a matrix; give one number an example")
    if labels.minus_one_is_missing:
        raise InputError(
            f"{what} is to be predicted as a number, but is an array of whole numbers, in which -1 means no label; "
            "give floats, with NaN for none"
        )
    try:
        numbers = np.array([*(float(name) for name in labels.classes), np.nan])
    except ValueError as error:
        raise InputError(f"{what} is to be predicted as a number, but has other values: {error}") from error
    # The last place answers for MISSING, which is -1.
    return Labels.of_numbers(numbers[labels.values])


def encode_array(array: NDArray[np.generic], *, what: str) -> Labels:
    """Return labels of an array of int, bool or text, shape (N,); in an array of int, -1 means no label.

    A matrix, shape (N, L), says of each example which of L labels it has.

    Raises:
        InputError: If its shape is another or a value is of another kind.
    """
    if array.ndim == 2:
        return Labels.of_matrix(array, what=what)
    if array.ndim != 1:
        raise InputError(
            f"{what} has shape {array.shape}; give one label an example, shape (N,), or for any number of labels a "
            "matrix of 0 and 1, shape (N, L)"
        )
    values: list[Any] = array.tolist()
    if np.issubdtype(array.dtype, np.integer):
        labels = encode_labels([None if value == MISSING else value for value in values], what=what)
        return replace(labels, minus_one_is_missing=MISSING in values)
    return encode_labels(values, what=what)


def merge_labels(parts: Sequence[Labels]) -> Labels:
    """Return the labels of several parts, one after the other, classes matched by name."""
    if any(part.no_classes is not None for part in parts):
        numbers = [as_numbers(part, what="a part of the data") for part in parts]
        told = next(part.no_classes for part in parts if part.no_classes is not None)
        return Labels(values=np.concatenate([part.values for part in numbers]), no_classes=told)
    if any(part.sets is not None for part in parts):
        return _merge_sets(parts)
    classes = parts[0].classes
    if any(part.classes != classes for part in parts):
        classes = _sorted_classes({name for part in parts for name in part.classes})
    values = [_recode(part, classes) for part in parts]
    is_marked = any(part.minus_one_is_missing for part in parts)
    return Labels(values=np.concatenate(values), classes=classes, minus_one_is_missing=is_marked)


def choose_target(target: str | None, available: Sequence[str], *, what: str) -> str:
    """Return the target meant: the one named, or the only one there is.

    Raises:
        InputError: If it is not there, or none is named and there is not exactly one. Its location is
            ("target",) or ("target", name).
    """
    if target is None:
        if len(available) == 1:
            return available[0]
        named = ", ".join(available) or "none"
        message = f"{what} has {len(available)} targets ({named}); name one as `target`"
        raise InputError(Problem(message=message, location=("target",)))
    if target not in available:
        message = unknown_name(target, available, what=f"target of {what}")
        raise InputError(Problem(message=message, location=("target", target)))
    return target


def choose_targets(
    targets: Sequence[str | None], available: Sequence[str], *, what: str
) -> tuple[list[str], list[Problem]]:
    """Return every target meant, each once, and what is wrong with the others."""
    chosen: list[str] = []
    problems: list[Problem] = []
    for target in dict.fromkeys(targets):
        try:
            chosen.append(choose_target(target, available, what=what))
        except InputError as error:
            problems += error.problems
    return list(dict.fromkeys(chosen)), problems


def _merge_sets(parts: Sequence[Labels]) -> Labels:
    named = list(dict.fromkeys(None if part.sets is None else part.classes for part in parts))
    if len(named) > 1:
        told = " and ".join("one class an example" if names is None else ", ".join(names) for names in named)
        raise InputError(f"parts of the data have different labels: {told}")
    matrices = [decoded_sets(part.values, part.sets) for part in parts if part.sets is not None]
    return Labels.of_matrix(np.vstack(matrices), parts[0].classes)


class _FractionError(ValueError):
    """A number that is no class."""


def _numbers(values: Sequence[Any], no_classes: str) -> Labels:
    """Return labels that are numbers; where one is text, or not finite, they are neither these nor classes."""
    try:
        numbers = [np.nan if _is_none(value) else float(value) for value in values]
        return Labels(values=coded(numbers), no_classes=no_classes)
    except (TypeError, ValueError) as error:
        raise InputError(no_classes) from error


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _class_name(value: Any) -> str | None:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float):
        if not value.is_integer():
            raise _FractionError(f"{value} is a number with a fraction; a class is a whole number, a bool or text")
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    raise ValueError(f"{value!r} is a {type(value).__name__}; a class is a whole number, a bool or text")


def _sorted_classes(names: set[str]) -> tuple[str, ...]:
    if all(_INTEGER.fullmatch(name) for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def _recode(part: Labels, classes: tuple[str, ...]) -> NDArray[np.int64]:
    codes = {name: code for code, name in enumerate(classes)}
    # The last place answers for MISSING, which is -1.
    table = np.array([*(codes[name] for name in part.classes), MISSING], dtype=np.int64)
    recoded: NDArray[np.int64] = table[part.values]
    return recoded
