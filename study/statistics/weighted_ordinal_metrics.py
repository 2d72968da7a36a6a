"""Metrics of classes in an order, by the class told, under many weightings of the examples at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from study.statistics.arrays import Floats, Ints
from study.statistics.weighted_mean import weighted_mean

WeightedOrdinalMetric: TypeAlias = Callable[[Ints, Ints, Floats], Floats]
"""Classes told (S, N), labels (N,) and weights (B, N), at least 0 and not all 0 in a row, to metrics (S, B)."""


def accuracy(told: Ints, labels: Ints, weights: Floats) -> Floats:
    """Return the weighted share of examples whose class is told."""
    return weighted_mean((told == labels).astype(np.float64), weights)


def class_mae(told: Ints, labels: Ints, weights: Floats) -> Floats:
    """Return the weighted mean of how many classes lie between the class told and the label."""
    return weighted_mean(np.abs(told - labels).astype(np.float64), weights)


def quadratic_kappa(told: Ints, labels: Ints, weights: Floats) -> Floats:
    """Return Cohen's kappa with quadratic weights (Cohen, 1968).

    1 - sum_ij (i - j)^2 O_ij / sum_ij (i - j)^2 E_ij, of observed shares O and those E of chance with the same margins.
    The sums are the mean squared error, and the two variances with the squared difference of means. Where chance makes
    no error, as all are of one class and told so, it is 1.
    """
    one, other = told.astype(np.float64), labels.astype(np.float64)[np.newaxis]
    observed = weighted_mean(np.square(one - other), weights)
    means = weighted_mean(one, weights), weighted_mean(other, weights)
    # From the overall means, so that what is subtracted from the squares is small.
    spreads = [_variance(values - values.mean(axis=-1, keepdims=True), weights) for values in (one, other)]
    expected = spreads[0] + spreads[1] + np.square(means[0] - means[1])
    return np.asarray(1 - np.divide(observed, expected, out=np.zeros_like(observed), where=observed > 0))


WEIGHTED_ORDINAL_METRICS: dict[str, WeightedOrdinalMetric] = {
    "accuracy": accuracy,
    "class_mae": class_mae,
    "quadratic_kappa": quadratic_kappa,
}
"""By name in `study.values.metric_names.METRICS`; those of probabilities are the same as for classes without order."""


def _variance(values: Floats, weights: Floats) -> Floats:
    return np.maximum(0.0, weighted_mean(np.square(values), weights) - np.square(weighted_mean(values, weights)))
