"""Average precision of a ranking under many weightings of the examples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from study.statistics.arrays import Floats


def average_precision(scores: Floats, present: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return the average precision, shape (B,); NaN where no present example has weight.

    AP = sum_n (R_n - R_{n-1}) P_n over the distinct scores, from the highest down, of precision P and recall R at each
    (Salton and McGill, 1983; without interpolation, as scikit-learn has it): equal scores count as one threshold.

    Args:
        scores: Shape (N,), the higher the surer.
        present: Whether each example has the label, shape (N,).
        weights: At least 0, shape (B, N).
    """
    order = np.argsort(-scores, kind="stable")
    ranked, hit = scores[order], present[order]
    # Where the last example of the same score stands: its precision is that of all of them.
    last_of_equals = np.searchsorted(-ranked, -ranked[hit], side="right") - 1
    by_rank = weights[:, order]
    above = np.cumsum(by_rank, axis=1)[:, last_of_equals]
    hits_above = np.cumsum(by_rank * hit, axis=1)[:, last_of_equals]
    own = by_rank[:, hit]
    precision = np.divide(hits_above, above, out=np.zeros_like(above), where=above > 0)
    whole = own.sum(axis=1)
    sums = (own * precision).sum(axis=1)
    return np.asarray(np.divide(sums, whole, out=np.full(len(weights), np.nan), where=whole > 0))
