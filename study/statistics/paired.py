"""Two arms on the same test examples: by how much one is better, and whether that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.draws import SeedMean, draw_sum
from study.statistics.holm import holm
from study.statistics.interval import Interval, percentile_interval
from study.statistics.resampled_scores import ResampledScores
from study.values.metric_names import Metric

NO_DIFFERENCE = "no difference shown"
"""What there is to say where the data do not tell: not that there is no difference."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One arm against another."""

    metric: Metric
    difference: Interval
    """The one's score minus the other's, in the metric's unit, whichever way is better."""
    p_value: float
    """Two-sided, in (0, 1]."""
    adjusted_p_value: float
    """Corrected for the comparisons it is one of; `p_value` where it stands alone."""

    @property
    def verdict(self) -> str:
        """`better` or `worse` if the interval leaves out 0 and the adjusted p-value agrees; else `NO_DIFFERENCE`."""
        if self.adjusted_p_value > 1 - self.difference.confidence:
            return NO_DIFFERENCE
        if self.difference.is_above_zero:
            return "better" if self.metric.maximize else "worse"
        if self.difference.is_below_zero:
            return "worse" if self.metric.maximize else "better"
        return NO_DIFFERENCE


def compare(
    one: ResampledScores, other: ResampledScores, rng: np.random.Generator, *, confidence: float = 0.95
) -> Comparison:
    """Return how `one` does against `other`, over test examples, which they share, and seeds, which they do not.

    Args:
        one: Of the arm that is judged.
        other: Of the arm it is held against: the same metric on the same resamples.
        rng: Draws the seeds' part, as `draw_sum` says.
        confidence: Coverage of the interval, in (0, 1).

    Raises:
        ValueError: If metrics or resamples differ, or `confidence` is not in (0, 1).
    """
    if one.metric != other.metric or one.resamples != other.resamples:
        raise ValueError(
            f"{one.metric.name} on {one.resamples} is not comparable with {other.metric.name} on {other.resamples}"
        )
    draws = draw_sum([SeedMean.of(one), SeedMean.of(other, -1.0)], rng)
    p_value = bootstrap_p_value(draws)
    return Comparison(
        metric=one.metric,
        difference=percentile_interval(one.point - other.point, draws, confidence=confidence),
        p_value=p_value,
        adjusted_p_value=p_value,
    )


def bootstrap_p_value(draws: Floats) -> float:
    """Return the two-sided p-value of no difference: twice the share of draws on the rarer side of 0, at most 1.

    1 is added to both counts, so that it is never 0 (Davison & Hinkley, 1997, Bootstrap Methods, chapter 4).

    Args:
        draws: Of a difference, shape (B,).
    """
    rarer = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(draws) + 1))


def adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons that are made together, in order, with p-values corrected by Holm's method."""
    corrected = holm([comparison.p_value for comparison in comparisons])
    return [replace(comparison, adjusted_p_value=p) for comparison, p in zip(comparisons, corrected, strict=True)]
