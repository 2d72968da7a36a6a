"""The class that an arm's models tell worst."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import beta

from study.statistics.bootstrap import score_interval
from study.statistics.interval import Interval
from study.statistics.predictions import Predictions
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples


@dataclass(frozen=True, kw_only=True)
class WorstClass:
    """One class, and how well it is told."""

    number: int
    """Which of 0..C-1."""
    recall: Interval
    """Share of its examples that are told right, mean over seeds."""
    num_examples: int
    """It has."""


def worst_class(
    predictions: Predictions, resamples: Resamples, rng: np.random.Generator, confidence: float
) -> WorstClass:
    """Return the class of least recall, mean over seeds, with the interval of its recall over seeds and its examples.

    Of several such classes it is the one with the fewest examples, then the first. Having come out worst on the very
    examples that it is measured on, it is likely to do a little better on others. Where all seeds tell all its
    examples right, or none, there is nothing to resample, and the interval is that of as many examples of one model
    (Clopper and Pearson, 1934).

    Args:
        predictions: Of the arm's seeds.
        resamples: Whose number and seed the class's examples are resampled with.
        rng: As for `score_interval`.
        confidence: Coverage, in (0, 1).
    """
    right, labels = predictions.right().mean(axis=0), predictions.labels
    counts = np.bincount(labels)
    occurring = np.flatnonzero(counts)
    recalls = np.bincount(labels, weights=right)[occurring] / counts[occurring]
    # Rounded, so that sums in another order are no difference.
    number = int(occurring[np.lexsort((counts[occurring], recalls.round(12)))[0]])
    own = labels == number
    of_class = replace(predictions, probabilities=predictions.probabilities[:, own], labels=labels[own])
    drawn = Resamples(num_examples=of_class.num_examples, seed=resamples.seed, num=resamples.num)
    # Among a class's own examples accuracy is its recall.
    recall = score_interval(resampled_scores(of_class, "accuracy", drawn), rng, confidence=confidence)
    if recall.point in (0, 1):
        recall = _certain(recall.point, of_class.num_examples, confidence)
    return WorstClass(number=number, recall=recall, num_examples=of_class.num_examples)


def _certain(share: float, num: int, confidence: float) -> Interval:
    """Return the interval of a share of 0 or 1 among `num` examples."""
    tail = (1 - confidence) / 2
    low = 0.0 if share == 0 else float(beta.ppf(tail, num, 1))
    high = 1.0 if share == 1 else float(beta.ppf(1 - tail, 1, num))
    return Interval(point=share, low=low, high=high, confidence=confidence)
