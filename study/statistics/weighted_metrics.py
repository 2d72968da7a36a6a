"""Metrics of predictions under many weightings of the examples at once: a bootstrap resample is a row of counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from study.statistics.arrays import Floats, Ints
from study.statistics.grouped_sums import grouped_sums
from study.statistics.weighted_mean import weighted_mean

NUM_BINS = 15
"""Bins of the calibration error."""

WeightedMetric: TypeAlias = Callable[[Floats, Ints, Floats], Floats]
"""Probabilities (..., N, C), labels (N,) and weights (B, N), at least 0 and not all 0 in a row, to values (..., B)."""


def accuracy(probabilities: Floats, labels: Ints, weights: Floats) -> Floats:
    """Return the weighted share of examples whose most probable class is the label, shape (..., B)."""
    return weighted_mean((probabilities.argmax(axis=-1) == labels).astype(np.float64), weights)


def balanced_accuracy(probabilities: Floats, labels: Ints, weights: Floats) -> Floats:
    """Return the mean recall over the classes whose examples have weight, as scikit-learn defines it: (..., B)."""
    hits, occurring, _ = _class_sums(probabilities, labels, weights)
    return _mean_share(hits, np.broadcast_to(occurring, hits.shape)).reshape(*probabilities.shape[:-2], len(weights))


def macro_f1(probabilities: Floats, labels: Ints, weights: Floats) -> Floats:
    """Return the mean F1 over the classes that occur or are predicted with weight, as scikit-learn: (..., B).

    F1 = 2 TP / (2 TP + FP + FN); a class that is predicted but occurs nowhere has 0.
    """
    hits, occurring, predicted = _class_sums(probabilities, labels, weights)
    return _mean_share(2 * hits, occurring + predicted).reshape(*probabilities.shape[:-2], len(weights))


def nll(probabilities: Floats, labels: Ints, weights: Floats) -> Floats:
    """Return the weighted mean of -log p(label) in nats, shape (..., B); a probability of 0 counts as 2.2e-308."""
    of_label = np.take_along_axis(probabilities, _as_column(labels, probabilities), axis=-1)[..., 0]
    return weighted_mean(-np.log(np.maximum(of_label, np.finfo(np.float64).tiny)), weights)


def brier(probabilities: Floats, labels: Ints, weights: Floats) -> Floats:
    """Return the weighted mean of sum_c (p_c - y_c)^2, in [0, 2] (Brier, 1950): shape (..., B)."""
    of_label = np.take_along_axis(probabilities, _as_column(labels, probabilities), axis=-1)[..., 0]
    return weighted_mean(np.square(probabilities).sum(axis=-1) - 2 * of_label + 1, weights)


def ece(probabilities: Floats, labels: Ints, weights: Floats) -> Floats:
    """Return the expected calibration error of the most probable class, shape (..., B).

    ECE = sum_m |B_m| / N * |acc(B_m) - conf(B_m)| over 15 bins ((m-1)/15, m/15] of confidence
    (Guo et al., 2017, On Calibration of Modern Neural Networks, eq. 3), with sums of weights in place of counts.
    """
    confidence = _flat(probabilities.max(axis=-1))
    hit = _flat((probabilities.argmax(axis=-1) == labels).astype(np.float64))
    surplus = grouped_sums(hit - confidence, confidence_bins(confidence), NUM_BINS, weights)
    error = np.abs(surplus).sum(axis=1) / weights.sum(axis=-1)
    return np.asarray(error).reshape(*probabilities.shape[:-2], len(weights))


def confidence_bins(confidence: Floats) -> Ints:
    """Return which of the 15 bins of equal width each confidence lies in, closed on the right: the same shape."""
    inner_edges = np.arange(1, NUM_BINS, dtype=np.float64) / NUM_BINS
    return np.searchsorted(inner_edges, confidence, side="left").astype(np.int64)


WEIGHTED_METRICS: dict[str, WeightedMetric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "macro_f1": macro_f1,
    "nll": nll,
    "ece": ece,
    "brier": brier,
}
"""By name in `study.values.metric_names.METRICS`; `loss` is not among them, as it depends on more than predictions."""


def _flat(values: Floats) -> Floats:
    return values.reshape(-1, values.shape[-1])


def _as_column(labels: Ints, probabilities: Floats) -> Ints:
    """Return labels with as many dimensions as probabilities: shape (1, ..., N, 1)."""
    return labels.reshape(*(1 for _ in probabilities.shape[:-2]), -1, 1)


def _class_sums(probabilities: Floats, labels: Ints, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return weights by class of the examples told right (M, C, B), occurring (1, C, B) and predicted (M, C, B)."""
    num_classes = probabilities.shape[-1]
    predicted = probabilities.argmax(axis=-1).reshape(-1, len(labels)).astype(np.int64)
    hit = (predicted == labels).astype(np.float64)
    return (
        grouped_sums(hit, predicted, num_classes, weights),
        grouped_sums(np.ones((1, len(labels))), labels[np.newaxis], num_classes, weights),
        grouped_sums(np.ones_like(hit), predicted, num_classes, weights),
    )


def _mean_share(parts: Floats, wholes: Floats) -> Floats:
    """Return the mean of parts / wholes over the classes, axis 1, that have a whole."""
    shares = np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)
    return np.asarray(shares.sum(axis=1) / (wholes > 0).sum(axis=1))
