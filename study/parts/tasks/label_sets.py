"""Sets of labels, for examples that have any number of them.

A set stands among labels that are classes as one code: its position in a table of the sets that occur. An example of
which nothing is known is then told in the one way in which all are, and splits, streams and caches know nothing of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from study.parts.tasks.numbers import MISSING
from study.values.problems import InputError

UNKNOWN = -1
"""Entry of a label that is neither known to be present (1) nor absent (0)."""


def coded_sets(matrix: ArrayLike, *, what: str) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the code of each example, shape (N,), and the sets that they stand for, shape (S, L), in order.

    Args:
        matrix: Of 1 (present), 0 (absent) and, for what is not known, NaN or -1: shape (N, L) with L at least 1. An
            example of which no label is known becomes MISSING.
        what: Whose labels these are, for messages.

    Raises:
        InputError: If its type or shape is another, or an entry (names the first).
    """
    values = np.asarray(matrix)
    if values.ndim != 2 or values.shape[1] == 0 or values.dtype.kind not in "biuf":
        raise InputError(f"{what} are {values.dtype} of shape {values.shape}; give numbers, a row an example: (N, L)")
    entries = np.where(np.isnan(values), UNKNOWN, values) if values.dtype.kind == "f" else values.astype(np.float64)
    wrong = np.argwhere(~np.isin(entries, (0, 1, UNKNOWN)))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{what}, example {row}, label {column}: {entries[row, column]:g}; 1 is present, 0 absent, -1 or NaN "
            "not known"
        )
    sets, codes = np.unique(entries.astype(np.int8), axis=0, return_inverse=True)
    codes = codes.reshape(-1).astype(np.int64)
    says_nothing = (sets == UNKNOWN).all(axis=1)
    codes[says_nothing[codes]] = MISSING
    return codes, sets


def with_unknown(sets: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the sets with one more, at the end, of which nothing is known: the last place answers for MISSING."""
    return np.vstack([sets, np.full((1, sets.shape[1]), UNKNOWN, dtype=np.int8)])


def decoded_sets(codes: NDArray[np.int64], sets: NDArray[np.int8]) -> NDArray[np.int8]:
    """Return the entries that codes stand for, shape (N, L); all UNKNOWN for MISSING."""
    entries: NDArray[np.int8] = with_unknown(sets)[codes]
    return entries
