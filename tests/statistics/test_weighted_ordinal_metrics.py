"""Metrics of classes in an order, against scikit-learn, and the class that is told."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, mean_absolute_error

from study.statistics.median_class import median_class
from study.statistics.ordinal_predictions import OrdinalPredictions
from study.statistics.predictions import Predictions
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.statistics.weighted_ordinal_metrics import WEIGHTED_ORDINAL_METRICS
from study.statistics.worst_class import worst_class

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 5, size=80)
TOLD = np.clip(LABELS + RNG.integers(-1, 2, size=(3, 80)), 0, 4)
WEIGHTS = np.vstack([np.ones(80), RNG.integers(0, 4, size=(5, 80))])
BY_SCIKIT_LEARN = {
    "accuracy": accuracy_score,
    "class_mae": mean_absolute_error,
    "quadratic_kappa": lambda y, told, sample_weight: cohen_kappa_score(
        y, told, weights="quadratic", sample_weight=sample_weight
    ),
}


@pytest.mark.parametrize("name", WEIGHTED_ORDINAL_METRICS)
def test_metrics_are_scikit_learns_whatever_examples_weigh(name):
    found = WEIGHTED_ORDINAL_METRICS[name](TOLD, LABELS, WEIGHTS)
    wanted = [[BY_SCIKIT_LEARN[name](LABELS, told, sample_weight=w) for w in WEIGHTS] for told in TOLD]
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_kappa_at_its_ends():
    kappa, alike = WEIGHTED_ORDINAL_METRICS["quadratic_kappa"], np.ones((1, 4))
    labels = np.array([0, 0, 2, 2])
    assert kappa(labels[np.newaxis], labels, alike).item() == 1
    assert kappa(2 - labels[np.newaxis], labels, alike).item() == pytest.approx(-1)
    assert kappa(np.ones((1, 4), dtype=int), labels, alike).item() == pytest.approx(0)
    assert kappa(np.ones((1, 4), dtype=int), np.ones(4, dtype=int), alike).item() == 1, "one class, and told so"


def test_the_class_told_is_the_median_not_the_most_probable():
    probabilities = np.array([[0.4, 0.25, 0.35], [0.6, 0.0, 0.4], [0.1, 0.2, 0.7]])
    assert median_class(probabilities).tolist() == [1, 0, 2]
    assert probabilities.argmax(axis=-1).tolist() == [0, 0, 2]
    expected_error = np.abs(np.arange(3)[:, None, None] - np.arange(3)) @ probabilities.T
    assert expected_error[:, 0].argmin(axis=0).tolist() == [1, 0, 2]


def test_scores_and_the_worst_class_go_by_the_class_told():
    probabilities = RNG.dirichlet(np.ones(5), size=(2, 80))
    ordinal, plain = OrdinalPredictions(probabilities, LABELS), Predictions(probabilities, LABELS)
    resamples = Resamples(num_examples=80, seed=1, num=50)
    for name in WEIGHTED_ORDINAL_METRICS:
        found = resampled_scores(ordinal, name, resamples).by_seed
        assert found == pytest.approx([BY_SCIKIT_LEARN[name](LABELS, one, sample_weight=None) for one in ordinal.told])
    assert resampled_scores(ordinal, "nll", resamples).by_seed.tolist() == (
        resampled_scores(plain, "nll", resamples).by_seed.tolist()
    )
    recall = (ordinal.right().mean(axis=0) * (np.arange(5)[:, None] == LABELS)).sum(axis=1) / np.bincount(LABELS)
    worst = worst_class(ordinal, resamples, np.random.default_rng(0), 0.9)
    assert worst.recall.point == pytest.approx(recall.min())
