"""The class that a model of classes in an order tells."""

from __future__ import annotations

import numpy as np

from study.statistics.arrays import Floats, Ints


def median_class(probabilities: Floats) -> Ints:
    """Return the median class, shape (...): how many classes y is above with a probability over 0.5.

    The rank that CORN predicts (Shi, Cao and Raschka, 2023); of all classes it has the least expected absolute error.

    Args:
        probabilities: Of each class, in their order, shape (..., K).
    """
    at_most = probabilities.cumsum(axis=-1)[..., :-1]
    return np.asarray((at_most < 0.5).sum(axis=-1), dtype=np.int64)
