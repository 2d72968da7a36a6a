"""What an estimate from few seeds and many examples might have been: both kinds of chance at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.resampled_scores import ResampledScores


@dataclass(frozen=True, eq=False)
class SeedMean:
    """A mean over seeds, that an estimate is a sum of."""

    by_seed: Floats
    """Shape (S,)."""
    resampled: Floats
    """On each resample of the examples, shape (S, B), of mean `by_seed`."""

    @classmethod
    def of(cls, scores: ResampledScores, factor: float = 1.0) -> SeedMean:
        """Return an arm's mean score times `factor`."""
        return cls(factor * scores.by_seed, factor * scores.resampled)

    @property
    def num_seeds(self) -> int:
        """S."""
        return len(self.by_seed)

    def between_seeds(self) -> float:
        """Return the variance of the mean as one sees it from the scores of the seeds, which share their examples."""
        return float(self.by_seed.var(ddof=1)) / self.num_seeds

    def of_examples_among_seeds(self) -> float:
        """Return the part of `between_seeds` that is but the choice of examples, which seeds answer differently."""
        moved = self.resampled - self.by_seed[:, np.newaxis]
        return float(moved.var(axis=0, ddof=1).mean()) / self.num_seeds


def draw_sum(means: Sequence[SeedMean], rng: np.random.Generator) -> Floats:
    """Return what a sum of means over seeds might have been, with other test examples and other seeds: shape (B,).

    Scores form a crossed design, seeds by examples: variance of the mean = of examples + of seeds. The examples'
    part is bootstrapped: every seed is scored on the same resamples. Resampling S = 2 to 5 seeds as well
    (the pigeonhole bootstrap of Owen, 2007) goes wrong twice: it has (S-1)/S of their variance and no heavy tails, and
    it counts anew the part of the spread of seeds that the examples caused. So the seeds' part is drawn from what the
    spread between seeds, of mean square V with f degrees of freedom, says of it under normality:

        sqrt(max(0, V * f / chi2_f - E)) * z,

    with E the examples' part in V, estimated by the bootstrap. Quantiles of the draws are generalized confidence
    limits (Weerahandi, 1993, Generalized Confidence Intervals); without examples' noise they are Student's t. Of
    several means, V and E add up and f is Welch's (1947). With one seed nothing is known of the seeds' part and the
    draws lack it.

    In simulations of 2 to 5 seeds and 200 or 500 examples, nominal 95% intervals of accuracy covered 92% to 98% where
    seeds differ as much as their examples make them or more, and up to 99% where they differ in nothing else (too
    few to tell). Skewed scores with large differences between seeds come out lower: 90% for the calibration error at
    worst. Resampling seeds covered 65% to 99%. Two equal arms of 3 or 5 seeds were called different in 1% to 4%.

    Args:
        means: Of independent seeds; on the same resamples where they share examples.
        rng: Draws the seeds' part.
    """
    draws = np.sum([mean.resampled.mean(axis=0) for mean in means], axis=0)
    repeated = [mean for mean in means if mean.num_seeds > 1]
    variances = np.array([mean.between_seeds() for mean in repeated])
    total = float(variances.sum())
    if total == 0:
        return np.asarray(draws)
    freedom = total**2 / float(sum(v**2 / (mean.num_seeds - 1) for v, mean in zip(variances, repeated, strict=True)))
    of_examples = sum(mean.of_examples_among_seeds() for mean in repeated)
    of_seeds = np.maximum(0.0, total * freedom / rng.chisquare(freedom, size=len(draws)) - of_examples)
    return np.asarray(draws + np.sqrt(of_seeds) * rng.standard_normal(len(draws)))
