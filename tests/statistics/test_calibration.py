"""Errors of calibration and the curve behind them."""

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import multiclass_calibration_error

from study.statistics.calibration import (
    adaptive_calibration_error,
    expected_calibration_error,
    reliability_curve,
)
from study.statistics.predictions import Predictions


def binary(confidence, right):
    """Return one seed's predictions of the first of two classes, with the label the other where not right."""
    confidence = np.asarray(confidence, dtype=float)
    return Predictions(np.stack([confidence, 1 - confidence], axis=-1)[np.newaxis], 1 - np.asarray(right, dtype=int))


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=400)
    logits = 2 * rng.normal(size=(2, 400, 3))
    logits[:, np.arange(400), labels] += 1
    return Predictions.of_logits(logits, labels)


def test_equal_width_is_that_of_torchmetrics(predictions):
    expected = [
        multiclass_calibration_error(torch.from_numpy(p), torch.from_numpy(predictions.labels), 3, n_bins=15).item()
        for p in predictions.probabilities
    ]
    np.testing.assert_allclose(expected_calibration_error(predictions), expected, atol=1e-6)


def test_equal_mass_by_hand():
    # 30 examples in 15 bins of 2: confidences rise, and only in the last bin are both right.
    confidence = np.linspace(0.55, 0.84, 30)
    right = [1, 0] * 14 + [1, 1]
    pairs = confidence.reshape(15, 2).sum(axis=1)
    expected = (np.abs(1 - pairs[:14]).sum() + abs(2 - pairs[14])) / 30
    shuffled = np.random.default_rng(0).permutation(30)
    got = adaptive_calibration_error(binary(confidence[shuffled], np.array(right)[shuffled]))
    assert got == pytest.approx(expected)


def test_fewer_examples_than_bins_have_one_each():
    assert adaptive_calibration_error(binary([0.6, 0.9], [0, 1])) == pytest.approx((0.6 + 0.1) / 2)


def test_the_curve_is_that_of_scikit_learn_and_gives_the_error_back(predictions):
    curve = reliability_curve(predictions)
    shares, confidences = calibration_curve(
        predictions.right().ravel(), predictions.probabilities.max(axis=2).ravel(), n_bins=15
    )
    filled = curve.count > 0
    np.testing.assert_allclose(curve.accuracy[filled], shares)
    np.testing.assert_allclose(curve.confidence[filled], confidences)
    assert curve.count.sum() == 800
    assert np.isnan(curve.accuracy[~filled]).all()

    pooled = Predictions(
        predictions.probabilities.reshape(1, 800, 3), np.concatenate([predictions.labels, predictions.labels])
    )
    gaps = np.abs(curve.accuracy - curve.confidence)[filled]
    assert (gaps * curve.count[filled]).sum() / 800 == pytest.approx(expected_calibration_error(pooled)[0])


def test_a_confidence_of_1_shares_the_last_bin():
    assert reliability_curve(binary([1.0, 0.99], [1, 1])).count[-1] == 2
