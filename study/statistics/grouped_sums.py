"""Sums over groups of examples under many weightings at once."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from study.statistics.arrays import Floats, Ints


def grouped_sums(values: Floats, groups: Ints, num_groups: int, weights: Floats) -> Floats:
    """Return sum over n with groups[m, n] = g of weights[b, n] * values[m, n]: shape (M, G, B).

    A row of the group matrix has N entries however many groups there are, so classes cost nothing.

    Args:
        values: Shape (M, N).
        groups: In 0..num_groups-1, shape (M, N).
        num_groups: G.
        weights: Shape (B, N).
    """
    num_models, num_examples = values.shape
    columns = np.arange(num_examples)
    by_example = np.ascontiguousarray(weights.T)
    sums = np.empty((num_models, num_groups, len(weights)))
    for model in range(num_models):
        members = csr_array((values[model], (groups[model], columns)), shape=(num_groups, num_examples))
        sums[model] = members @ by_example
    return sums
