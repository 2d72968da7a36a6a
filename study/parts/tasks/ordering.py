"""Classes put in an order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from study.parts.tasks.data import MISSING, Labels
from study.values.problems import InputError, Problem

_NUM_NAMED = 5


def ordered(labels: Labels, classes: Sequence[str], target: str) -> Labels:
    """Return labels whose classes are in an order, the lowest first.

    Args:
        labels: One class an example.
        classes: The order; where it is empty, that of the whole numbers which the classes are.
        target: What the labels are called.

    Raises:
        InputError: If the order lacks a class, or none is given and a class is no whole number, both located at
            ("classes",); or if a -1 that was read as no label may be one of them.
    """
    if labels.minus_one_is_missing and any(name.startswith("-") for name in (*classes, *labels.classes)):
        message = (
            f"target {target!r} is an array of whole numbers, in which -1 means no label; give its classes as text"
        )
        raise InputError(Problem(message=message, location=("target",)))
    order = classes or _by_number(labels, target)
    lacking = [name for name in labels.classes if name not in order]
    if lacking:
        listed = ", ".join(map(repr, lacking[:_NUM_NAMED]))
        more = f" and {len(lacking) - _NUM_NAMED} more" if len(lacking) > _NUM_NAMED else ""
        message = f"target {target!r} has classes that are not in its order: {listed}{more}; name all, the lowest first"
        raise InputError(Problem(message=message, location=("classes",)))
    places = {name: place for place, name in enumerate(order)}
    # The last place answers for MISSING, which is -1.
    table = np.array([*(places[name] for name in labels.classes), MISSING], dtype=np.int64)
    return Labels(values=table[labels.values], classes=tuple(order))


def _by_number(labels: Labels, target: str) -> list[str]:
    try:
        return sorted(labels.classes, key=int)
    except ValueError:
        listed = ", ".join(map(repr, labels.classes[:_NUM_NAMED]))
        message = f"target {target!r} has classes without an order of their own ({listed}); classes: [lowest, ...]"
        raise InputError(Problem(message=message, location=("classes",))) from None
