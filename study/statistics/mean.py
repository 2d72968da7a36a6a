"""The interval of a mean of few numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.interval import Interval, check_confidence

MIN_NUMBERS = 4
"""With fewer there is too little to resample: of three numbers the interval covers 85% where 95% are asked for."""


def mean_interval(
    values: Sequence[float] | Floats,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    lower: float = -math.inf,
    upper: float = math.inf,
    num_resamples: int = 2000,
) -> Interval:
    """Return the mean of numbers drawn alike, and its interval by the studentised bootstrap (Efron, 1981).

    Quantiles are taken of (mean of a resample - mean) / standard error of the resample, rather than of the means, whose
    spread is too small by far where numbers are few. In simulations of 4 to 15 normal numbers nominal 95% intervals
    covered 94% to 95%, of exponential ones 93% to 94%; of numbers of which a fifth lie far off, such as trials that
    did not learn, 69% of 4, 83% of 8 and 96% of 15. Where all numbers are equal it has no width.

    Args:
        values: Shape (N,), at least one, all finite.
        rng: Draws the resamples.
        confidence: Coverage, in (0, 1).
        lower: Smallest value there can be.
        upper: Largest value there can be.
        num_resamples: How many.

    Returns:
        NaN for the ends where there are fewer than 4 numbers.

    Raises:
        ValueError: If there is no number, one is not finite, or `confidence` is not in (0, 1).
    """
    check_confidence(confidence)
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or len(numbers) == 0 or not np.isfinite(numbers).all():
        raise ValueError(f"no interval of {numbers.tolist()}; at least one number, all finite, expected")
    point = float(numbers.mean())
    if len(numbers) < MIN_NUMBERS:
        return Interval(point=point, low=math.nan, high=math.nan, confidence=confidence)
    drawn = numbers[rng.integers(len(numbers), size=(num_resamples, len(numbers)))]
    errors = drawn.std(axis=1, ddof=1)
    varied = errors > 0
    error = float(numbers.std(ddof=1))
    if error == 0 or not varied.any():
        return Interval(point=point, low=point, high=point, confidence=confidence)
    ratios = (drawn.mean(axis=1)[varied] - point) / errors[varied]
    below, above = np.quantile(ratios, [(1 - confidence) / 2, (1 + confidence) / 2]) * error
    return Interval(
        point=point, low=max(lower, point - float(above)), high=min(upper, point - float(below)), confidence=confidence
    )
