"""What an arm's seeds score on a task, on all its test examples and on each resample of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.estimates import Estimates
from study.statistics.label_scores import LabelScores
from study.statistics.named_metric import named_metric
from study.statistics.ordinal_predictions import OrdinalPredictions
from study.statistics.predictions import Predictions
from study.statistics.resamples import Resamples
from study.statistics.weighted_errors import WEIGHTED_ERRORS
from study.statistics.weighted_label_metrics import WEIGHTED_LABEL_METRICS
from study.statistics.weighted_metrics import WEIGHTED_METRICS
from study.statistics.weighted_ordinal_metrics import WEIGHTED_ORDINAL_METRICS
from study.values.metric_names import Metric, metric


@dataclass(frozen=True, eq=False, kw_only=True)
class ResampledScores:
    """One metric of one arm on one task."""

    metric: Metric
    resamples: Resamples
    by_seed: Floats
    """On all examples, shape (S,)."""
    resampled: Floats
    """On each resample, shape (S, B), moved for each seed to have mean `by_seed`.

    Resampling adds a bias of its own to metrics that are not means, above all to the calibration error, which noise
    only raises; it is taken off (Efron & Tibshirani, 1993, An Introduction to the Bootstrap, chapter 10).
    """

    @property
    def point(self) -> float:
        """The mean over seeds on all examples."""
        return float(self.by_seed.mean())


def resampled_scores(
    predictions: Predictions | Estimates | LabelScores, name: str, resamples: Resamples
) -> ResampledScores:
    """Return what each seed scores on all examples and on each resample.

    Args:
        predictions: Of the arm's seeds.
        name: A metric of predictions.
        resamples: Of the same examples.

    Raises:
        InputError: If there is no such metric.
        ValueError: If `resamples` are of another number of examples.
    """
    if resamples.num_examples != predictions.num_examples:
        raise ValueError(f"resamples of {resamples.num_examples} examples for {predictions.num_examples} predictions")
    score = _scoring(predictions, name)
    by_seed = score(np.ones((1, predictions.num_examples)))[:, 0]
    resampled = _defined(np.concatenate([score(weights) for weights in resamples.blocks()], axis=1))
    resampled += (by_seed - resampled.mean(axis=1))[:, np.newaxis]
    return ResampledScores(metric=metric(name), resamples=resamples, by_seed=by_seed, resampled=resampled)


def _scoring(predictions: Predictions | Estimates | LabelScores, name: str) -> Callable[[Floats], Floats]:
    """Return what gives each seed's score under each row of weights: (B, N) to (S, B)."""
    if isinstance(predictions, Estimates):
        error = named_metric(name, WEIGHTED_ERRORS, of="predicted numbers")
        return lambda weights: error(predictions.values, predictions.targets, weights)
    if isinstance(predictions, LabelScores):
        of_labels = named_metric(name, WEIGHTED_LABEL_METRICS, of="predicted labels")
        return lambda weights: of_labels(predictions.logits, predictions.entries, weights)
    if isinstance(predictions, OrdinalPredictions) and name in WEIGHTED_ORDINAL_METRICS:
        told, of_order = predictions.told, WEIGHTED_ORDINAL_METRICS[name]
        return lambda weights: of_order(told, predictions.labels, weights)
    compute = named_metric(name, WEIGHTED_METRICS, of="predictions")
    return lambda weights: compute(predictions.probabilities, predictions.labels, weights)


def _defined(resampled: Floats) -> Floats:
    """Return scores (S, B) with others in place of resamples in which the metric is not defined, from the first on.

    Such a resample has no example of what the metric is a mean over: the same ones for every arm, which so stay paired.
    """
    undefined = np.isnan(resampled).any(axis=0)
    if not undefined.any() or undefined.all():
        return resampled
    others = np.flatnonzero(~undefined)
    resampled[:, undefined] = resampled[:, np.resize(others, int(undefined.sum()))]
    return resampled
