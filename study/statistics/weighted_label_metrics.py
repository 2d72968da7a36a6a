"""Metrics of predicted labels, any number an example, under many weightings of the examples at once.

Labels that are not known of an example take no part in anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from study.statistics.arrays import Floats
from study.statistics.average_precision import average_precision
from study.statistics.weighted_mean import weighted_mean

Entries: TypeAlias = NDArray[np.int8]
WeightedLabelMetric: TypeAlias = Callable[[Floats, Entries, Floats], Floats]
"""Logits (S, N, L), entries (N, L) of 1, 0 or -1, and weights (B, N), at least 0 and not all 0 in a row, to metrics
(S, B)."""


def macro_f1(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return the mean F1 over the labels that are present or predicted with weight; 0 where there is none.

    F1 = 2 TP / (2 TP + FP + FN); a label that is predicted but never present has 0, as scikit-learn has it.
    """
    hits, named = _counts(logits, entries, weights)
    shares = np.divide(2 * hits, named, out=np.zeros_like(hits), where=named > 0)
    return np.nan_to_num(_mean_over_last(shares, named > 0), nan=0.0)


def micro_f1(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return F1 of all labels' counts added up; 0 where nothing is present or predicted."""
    hits, named = (one.sum(axis=-1) for one in _counts(logits, entries, weights))
    return np.asarray(np.divide(2 * hits, named, out=np.zeros_like(hits), where=named > 0))


def subset_accuracy(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return the weighted share of examples of which every known label is right (exact match)."""
    wrong = _wrong(logits, entries)
    right = np.asarray(~wrong.any(axis=-1), dtype=np.float64)
    return weighted_mean(right, weights)


def hamming_loss(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return the weighted share of known labels that are wrong (Schapire and Singer, 2000)."""
    wrong = _wrong(logits, entries).sum(axis=-1).astype(np.float64)
    return np.asarray(wrong @ weights.T / ((entries >= 0).sum(axis=-1) @ weights.T))


def mean_average_precision(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return the mean over the labels that are present with weight of their average precision; NaN where none is."""
    means = np.empty((len(logits), len(weights)))
    known = entries >= 0
    for seed, of_seed in enumerate(logits):
        by_label = np.stack(
            [
                average_precision(of_seed[at, label], entries[at, label] == 1, weights[:, at])
                for label, at in enumerate(known.T)
            ]
        )
        there = ~np.isnan(by_label)
        means[seed] = _mean_over_last(np.where(there, by_label, 0.0).T, there.T)
    return means


def ranking_loss(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return the weighted mean share of an example's pairs (present, absent) of which the present one is not ahead.

    An example without such a pair has 0, equal logits are in the wrong order (Schapire and Singer, 2000; as
    scikit-learn has it).
    """
    # From the highest down, and of equal logits those that are present last.
    present_last = np.argsort(entries == 1, axis=-1, kind="stable")
    falling = np.argsort(-np.take_along_axis(logits, present_last[np.newaxis], axis=-1), axis=-1, kind="stable")
    ordered = np.take_along_axis(np.take_along_axis(entries, present_last, axis=-1)[np.newaxis], falling, axis=-1)
    absent_ahead = np.cumsum(ordered == 0, axis=-1)
    wrong = (absent_ahead * (ordered == 1)).sum(axis=-1).astype(np.float64)
    pairs = ((entries == 1).sum(axis=-1) * (entries == 0).sum(axis=-1)).astype(np.float64)
    return weighted_mean(wrong / np.maximum(pairs, 1.0), weights)


def nll(logits: Floats, entries: Entries, weights: Floats) -> Floats:
    """Return the weighted mean over examples of -log p in nats, itself the mean over an example's known labels."""
    return weighted_mean(example_losses(logits, entries, np.zeros(len(logits))), weights)


def example_losses(logits: Floats, entries: Entries, label_smoothing: Floats) -> Floats:
    """Return the mean binary cross-entropy over each example's known labels, in nats: shape (S, N).

    Args:
        logits: Shape (S, N, L).
        entries: Shape (N, L).
        label_smoothing: e of each model, shape (S,): the target is y (1 - e) + e / 2.
    """
    known = entries >= 0
    spread = label_smoothing[:, np.newaxis, np.newaxis]
    wanted = (entries == 1) * (1 - spread) + spread / 2
    # -log sigmoid(x) and -log sigmoid(-x).
    if_present, if_absent = np.logaddexp(0, -logits), np.logaddexp(0, logits)
    # A label that is certain and right costs nothing; 0 * inf would be NaN.
    each = np.where(wanted > 0, wanted * if_present, 0) + np.where(wanted < 1, (1 - wanted) * if_absent, 0)
    return np.asarray(np.where(known, each, 0).sum(axis=-1) / known.sum(axis=-1))


WEIGHTED_LABEL_METRICS: dict[str, WeightedLabelMetric] = {
    "macro_f1": macro_f1,
    "nll": nll,
    "mean_average_precision": mean_average_precision,
    "micro_f1": micro_f1,
    "subset_accuracy": subset_accuracy,
    "hamming_loss": hamming_loss,
    "ranking_loss": ranking_loss,
}
"""By name in `study.values.metric_names.METRICS`; `loss` is not among them, as it depends on more than predictions."""


def _wrong(logits: Floats, entries: Entries) -> NDArray[np.bool_]:
    """Return where a known label is told wrong, shape (S, N, L)."""
    wrong: NDArray[np.bool_] = ((logits > 0) != (entries == 1)) & (entries >= 0)
    return wrong


def _counts(logits: Floats, entries: Entries, weights: Floats) -> tuple[Floats, Floats]:
    """Return by label, shape (S, B, L), the weight of true positives, and 2 TP + FP + FN."""
    predicted = (logits > 0) & (entries >= 0)
    present = entries == 1
    hits = weights @ (predicted & present).astype(np.float64)
    return hits, weights @ (predicted.astype(np.float64) + present)


def _mean_over_last(values: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Return the means over the last dimension of what is counted; NaN where nothing is."""
    num = counted.sum(axis=-1)
    return np.asarray(np.divide(values.sum(axis=-1), num, out=np.full(num.shape, np.nan), where=num > 0))
