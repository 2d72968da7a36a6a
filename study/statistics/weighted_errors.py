"""Metrics of predicted numbers under many weightings of the examples at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.weighted_mean import weighted_mean

WeightedError: TypeAlias = Callable[[Floats, Floats, Floats], Floats]
"""Values (S, N), targets (N,) and weights (B, N), at least 0 and not all 0 in a row, to metrics (S, B)."""


def mse(values: Floats, targets: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of squared errors."""
    return weighted_mean(np.square(values - targets), weights)


def rmse(values: Floats, targets: Floats, weights: Floats) -> Floats:
    """Return the root of the weighted mean of squared errors."""
    return np.asarray(np.sqrt(mse(values, targets, weights)))


def mae(values: Floats, targets: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of absolute errors."""
    return weighted_mean(np.abs(values - targets), weights)


def r2(values: Floats, targets: Floats, weights: Floats) -> Floats:
    """Return the coefficient of determination; where the targets that have weight are all equal 1 without an error,
    else 0, as scikit-learn has it."""
    errors = mse(values, targets, weights)
    # From the overall mean, so that what is subtracted from the squares is small.
    centred = (targets - targets.mean())[np.newaxis]
    spread = np.maximum(0.0, weighted_mean(np.square(centred), weights) - np.square(weighted_mean(centred, weights)))
    same = spread <= np.finfo(np.float64).eps * np.square(centred).mean()
    shares = np.divide(errors, spread, out=np.ones_like(errors), where=np.broadcast_to(~same, errors.shape))
    return np.asarray(np.where(same & (errors == 0), 1.0, 1 - shares))


WEIGHTED_ERRORS: dict[str, WeightedError] = {"mse": mse, "rmse": rmse, "mae": mae, "r2": r2}
"""By name in `study.values.metric_names.METRICS`; `loss` is not among them, as it depends on the training split."""
