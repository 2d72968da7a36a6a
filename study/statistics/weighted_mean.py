"""The mean under many weightings of the examples at once."""

from __future__ import annotations

import numpy as np

from study.statistics.arrays import Floats


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Return the means of values (..., N) under weights (B, N), at least 0 and not all 0 in a row: shape (..., B)."""
    return np.asarray(values @ weights.T / weights.sum(axis=-1))
