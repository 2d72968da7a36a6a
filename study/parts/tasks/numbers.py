"""Numbers as labels, among labels that are classes.

Labels of all tasks on the same inputs stand in one array of int64, so that an example without a label is told in one
way. A number stands there by its 64 bits: nothing is rounded, and MISSING is the bits of a NaN, which no number has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from study.values.problems import InputError

MISSING = -1
"""Label of an example that has none for a target; such an example takes no part in that target's loss or metrics."""

_NUM_BINS = 10


def coded(numbers: ArrayLike) -> NDArray[np.int64]:
    """Return numbers as labels, shape (N,); NaN becomes MISSING.

    Raises:
        InputError: If one is infinite (names the first), or the shape is another.
    """
    values = np.array(numbers, dtype=np.float64)
    if values.ndim != 1:
        raise InputError(f"numbers to predict have shape {values.shape}; give one an example, shape (N,)")
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise InputError(f"example {infinite[0]}: {values[infinite[0]]} is no number to predict")
    codes = values.view(np.int64)
    codes[np.isnan(values)] = MISSING
    return codes


def decoded(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the numbers that labels stand for, shape (N,); NaN for MISSING."""
    numbers: NDArray[np.float64] = np.ascontiguousarray(labels).view(np.float64)
    return numbers


def tenths(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which tenth of the numbers each is in, 0 to 9, equal ones in the same; MISSING stays."""
    found = np.full(labels.shape, MISSING, dtype=np.int64)
    labelled = labels != MISSING
    if labelled.any():
        numbers = decoded(labels[labelled])
        edges = np.quantile(numbers, np.arange(1, _NUM_BINS) / _NUM_BINS)
        found[labelled] = np.searchsorted(edges, numbers, side="left")
    return found
