"""A number and the interval around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with the interval around it."""

    point: float
    low: float
    """NaN, as `high`, where the data give no interval."""
    high: float
    confidence: float
    """Coverage aimed at, in (0, 1)."""

    @property
    def is_above_zero(self) -> bool:
        """Whether the interval lies wholly above 0."""
        return self.low > 0

    @property
    def is_below_zero(self) -> bool:
        """Whether the interval lies wholly below 0."""
        return self.high < 0


def percentile_interval(
    point: float, draws: Floats, *, confidence: float, lower: float = -math.inf, upper: float = math.inf
) -> Interval:
    """Return the interval between the quantiles of draws (Efron, 1981), cut to [lower, upper].

    Args:
        point: The estimate.
        draws: What it might have been, shape (B,).
        confidence: Coverage, in (0, 1).
        lower: Smallest value there can be.
        upper: Largest value there can be.

    Raises:
        ValueError: If `confidence` is not in (0, 1).
    """
    check_confidence(confidence)
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(point=point, low=max(lower, float(low)), high=min(upper, float(high)), confidence=confidence)


def check_confidence(confidence: float) -> None:
    """Raise ValueError unless `confidence` is in (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; a number in (0, 1) expected")
