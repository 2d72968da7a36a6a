"""Mean and interval over assessment seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from study.values.metric_names import Metric


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with the interval around it."""

    mean: float
    low: float
    high: float
    """NaN, as `low`, where a single value gives no interval."""
    num: int
    """Values it is over."""


def over_seeds(values: Sequence[float], metric: Metric, *, confidence: float) -> Interval:
    """Return the mean and Student's t interval (Student, 1908) over seeds, cut to the metric's range.

    It covers the chance in training (initialisation, data order), not that of which examples are in test.

    Args:
        values: One a seed, at least one.
        metric: Whose values they are.
        confidence: Coverage, in (0, 1).
    """
    found = of_mean(values, confidence=confidence)
    if found.num < 2:
        return found
    return replace(found, low=max(metric.lower, found.low), high=min(metric.upper, found.high))


def of_mean(values: Sequence[float], *, confidence: float) -> Interval:
    """Return the mean and Student's t interval (Student, 1908) of values of any size.

    Args:
        values: One a seed, at least one.
        confidence: Coverage, in (0, 1).
    """
    mean, num = float(np.mean(values)), len(values)
    if num < 2:
        return Interval(mean=mean, low=math.nan, high=math.nan, num=num)
    half = float(stats.t.ppf((1 + confidence) / 2, num - 1)) * float(np.std(values, ddof=1)) / math.sqrt(num)
    return Interval(mean=mean, low=mean - half, high=mean + half, num=num)
