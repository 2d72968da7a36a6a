"""An arm's score with its interval, over assessment seeds and test examples."""

from __future__ import annotations

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.draws import SeedMean, draw_sum
from study.statistics.interval import Interval, percentile_interval
from study.statistics.resampled_scores import ResampledScores


def bootstrap_scores(scores: ResampledScores, rng: np.random.Generator) -> Floats:
    """Return what the arm's mean score might have been with other examples and seeds, shape (B,).

    Element b of two arms on the same resamples is on the same examples; each takes seeds of its own, so give each a
    generator of its own, or one after the other the same.

    Args:
        scores: The arm's.
        rng: Draws the seeds' part, as `draw_sum` says.
    """
    return draw_sum([SeedMean.of(scores)], rng)


def score_interval(scores: ResampledScores, rng: np.random.Generator, *, confidence: float = 0.95) -> Interval:
    """Return the mean score over seeds and its interval, cut to the metric's range.

    It covers the chance in training and that of which examples are in test; with one seed the latter alone. Where
    every example is told right it has no width: resampling cannot show an error that no example makes.

    Args:
        scores: The arm's.
        rng: As for `bootstrap_scores`.
        confidence: Coverage, in (0, 1).

    Raises:
        ValueError: If `confidence` is not in (0, 1).
    """
    return percentile_interval(
        scores.point,
        bootstrap_scores(scores, rng),
        confidence=confidence,
        lower=scores.metric.lower,
        upper=scores.metric.upper,
    )
