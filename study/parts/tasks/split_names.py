"""The names a data set's own splits go by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from study.values.problems import InputError

SPLIT_NAMES = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
"""Name of a split by what people write."""

_NUM_NAMED = 5


def read_split(values: Sequence[object], *, what: str, place: Callable[[int], str]) -> NDArray[np.str_]:
    """Return the split of each example, shape (N,).

    Raises:
        InputError: If a value names no split (says how many and names the first 5).
    """
    wrong = [position for position, value in enumerate(values) if value not in SPLIT_NAMES]
    if wrong:
        listed = ", ".join(f"{values[position]!r} ({place(position)})" for position in wrong[:_NUM_NAMED])
        allowed = ", ".join(SPLIT_NAMES)
        raise InputError(f"{what}: {len(wrong)} of {len(values)} values name no split: {listed}; allowed: {allowed}")
    return np.array([SPLIT_NAMES[str(value)] for value in values], dtype=np.str_)
