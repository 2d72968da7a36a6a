"""Weighted metrics are those of scikit-learn and torchmetrics, of which some take weights and all take repetitions."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, brier_score_loss, f1_score, log_loss
from torchmetrics.functional.classification import multiclass_calibration_error

from study.parts.objectives.classification_metrics import measure
from study.statistics.weighted_metrics import WEIGHTED_METRICS
from study.values.metric_names import metrics_of
from study.values.target_kind import TargetKind

NUM_MODELS, NUM_EXAMPLES, NUM_CLASSES = 2, 90, 4


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    labels = rng.integers(NUM_CLASSES, size=NUM_EXAMPLES)
    logits = rng.normal(size=(NUM_MODELS, NUM_EXAMPLES, NUM_CLASSES))
    logits[:, np.arange(NUM_EXAMPLES), labels] += 1
    return logits, np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True), labels


def counts(labels, *, seed=1):
    """Return counts of resamples: one of each example, two drawn, and one in which two of the classes do not occur."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(labels), np.ones(len(labels)) / len(labels), size=2)
    return np.vstack([np.ones(len(labels)), drawn, np.where(np.isin(labels, [0, 2]), drawn[0], 0)]).astype(float)


def by_scikit_learn(name, probabilities, labels, weights):
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(NUM_CLASSES)
    if name == "accuracy":
        return accuracy_score(labels, predicted, sample_weight=weights)
    if name == "balanced_accuracy":
        return balanced_accuracy_score(labels, predicted, sample_weight=weights)
    if name == "nll":
        return log_loss(labels, probabilities, sample_weight=weights, labels=classes)
    if name == "brier":
        return brier_score_loss(labels, probabilities, sample_weight=weights, labels=classes, scale_by_half=False)
    # scikit-learn would keep the classes of examples without weight, so these are repeated instead.
    kept = np.repeat(np.arange(len(labels)), weights.astype(int))
    if name == "macro_f1":
        return f1_score(labels[kept], predicted[kept], average="macro")
    return multiclass_calibration_error(
        torch.from_numpy(probabilities[kept]), torch.from_numpy(labels[kept]), NUM_CLASSES, n_bins=15
    ).item()


@pytest.mark.parametrize("name", WEIGHTED_METRICS)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")
def test_weighted_metrics_are_those_of_scikit_learn_and_torchmetrics(name, predictions):
    _, probabilities, labels = predictions
    weights = counts(labels)
    got = WEIGHTED_METRICS[name](probabilities, labels, weights)
    assert got.shape == (NUM_MODELS, len(weights))
    for model in range(NUM_MODELS):
        for row, weighting in enumerate(weights):
            expected = by_scikit_learn(name, probabilities[model], labels, weighting)
            assert got[model, row] == pytest.approx(expected, abs=1e-6 if name == "ece" else 1e-12)


def test_with_equal_weights_they_are_what_training_reports(predictions):
    logits, probabilities, labels = predictions
    reported = measure(torch.from_numpy(logits), torch.from_numpy(labels), label_smoothing=torch.zeros(NUM_MODELS))
    for name, compute in WEIGHTED_METRICS.items():
        got = compute(probabilities, labels, np.ones((1, NUM_EXAMPLES)))[:, 0]
        np.testing.assert_allclose(got, [metrics[name] for metrics in reported], rtol=1e-12)


@pytest.mark.parametrize("name", WEIGHTED_METRICS)
def test_any_leading_dimensions_are_kept_and_scale_of_weights_is_nothing(name, predictions):
    _, probabilities, labels = predictions
    weights = counts(labels)
    compute = WEIGHTED_METRICS[name]
    all_models = compute(probabilities, labels, weights)
    np.testing.assert_allclose(compute(probabilities[0], labels, weights), all_models[0])
    np.testing.assert_allclose(compute(probabilities[:, np.newaxis], labels, 3 * weights)[:, 0], all_models)


def test_a_label_of_probability_0_has_a_finite_likelihood():
    assert WEIGHTED_METRICS["nll"](np.array([[1.0, 0.0]]), np.array([1]), np.ones((1, 1))) == pytest.approx(
        708.4, abs=0.1
    )


def test_every_metric_but_the_loss_is_one_of_predictions():
    assert set(WEIGHTED_METRICS) == set(metrics_of(TargetKind.CLASSIFICATION)) - {"loss"}
