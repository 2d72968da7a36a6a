"""Whether probabilities mean what they say: errors of calibration and the curve behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats
from study.statistics.predictions import Predictions
from study.statistics.weighted_metrics import NUM_BINS, confidence_bins, ece


@dataclass(frozen=True, eq=False, kw_only=True)
class ReliabilityCurve:
    """What became of predictions of about equal confidence, by bin; NaN for a bin without any."""

    confidence: Floats
    """Mean, shape (15,)."""
    accuracy: Floats
    """Share told right, shape (15,)."""
    count: Floats
    """Predictions in the bin, shape (15,)."""


def expected_calibration_error(predictions: Predictions) -> Floats:
    """Return each seed's error over 15 bins of equal width, as `weighted_metrics.ece` defines it: shape (S,)."""
    return ece(predictions.probabilities, predictions.labels, np.ones((1, predictions.num_examples)))[:, 0]


def adaptive_calibration_error(predictions: Predictions) -> Floats:
    """Return each seed's calibration error over 15 bins that hold equally many examples: shape (S,).

    sum_m |B_m| / N * |acc(B_m) - conf(B_m)| of the most probable class. Bins of equal mass are those of Nixon et al.
    (2019, Measuring Calibration in Deep Learning), who also take the other classes' probabilities; bins of
    equal width leave most of a confident model's examples in one. Fewer than 15 examples have a bin each; equal
    confidences are told apart by their place.
    """
    confidence = predictions.probabilities.max(axis=2)
    surplus = predictions.right() - confidence
    order = np.argsort(confidence, axis=1, kind="stable")
    bins = np.array_split(np.take_along_axis(surplus, order, axis=1), NUM_BINS, axis=1)
    return np.asarray(sum(np.abs(members.sum(axis=1)) for members in bins) / predictions.num_examples)


def reliability_curve(predictions: Predictions) -> ReliabilityCurve:
    """Return confidence against accuracy in the 15 bins of `expected_calibration_error`, all seeds together.

    (Niculescu-Mizil & Caruana, 2005, Predicting Good Probabilities with Supervised Learning.)
    """
    confidence = predictions.probabilities.max(axis=2).ravel()
    bins = confidence_bins(confidence)
    count = np.bincount(bins, minlength=NUM_BINS).astype(np.float64)

    def mean(values: Floats) -> Floats:
        totals = np.bincount(bins, weights=values, minlength=NUM_BINS)
        return np.asarray(np.divide(totals, count, out=np.full(NUM_BINS, np.nan), where=count > 0))

    return ReliabilityCurve(confidence=mean(confidence), accuracy=mean(predictions.right().ravel()), count=count)
