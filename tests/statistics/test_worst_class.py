"""The worst class: which one it is, and that its interval covers its recall."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import recall_score

from study.statistics.predictions import Predictions
from study.statistics.resamples import Resamples
from study.statistics.worst_class import worst_class

NUM_CLASSES = 4


def predicted(recalls, *, seeds=3, examples=400, rng):
    """Return models that tell each class that often; a wrong answer is the next class."""
    labels = rng.integers(NUM_CLASSES, size=examples)
    right = rng.random((seeds, examples)) < np.asarray(recalls)[labels]
    return Predictions(np.eye(NUM_CLASSES)[np.where(right, labels, (labels + 1) % NUM_CLASSES)], labels)


def found(predictions, seed=0):
    resamples = Resamples(num_examples=predictions.num_examples, seed=seed, num=500)
    return worst_class(predictions, resamples, np.random.default_rng(seed), 0.95)


def test_it_is_the_class_of_least_recall_by_scikit_learn():
    predictions = predicted([0.9, 0.4, 0.8, 0.9], rng=np.random.default_rng(0))
    worst = found(predictions)
    answers = predictions.probabilities.argmax(axis=2)
    recalls = np.mean([recall_score(predictions.labels, one, average=None) for one in answers], axis=0)
    assert worst.number == recalls.argmin() == 1
    assert worst.recall.point == pytest.approx(recalls.min())
    assert worst.recall.low < recalls.min() < worst.recall.high
    assert worst.num_examples == (predictions.labels == 1).sum()


def test_the_interval_covers_the_recall():
    rng = np.random.default_rng(0)
    covered = [
        worst.recall.low <= 0.5 <= worst.recall.high
        for seed in range(150)
        if (worst := found(predicted([0.95, 0.5, 0.95, 0.95], seeds=1, rng=rng), seed)).number == 1
    ]
    assert len(covered) == 150
    assert 0.9 < np.mean(covered) <= 1


@pytest.mark.parametrize(("recall", "right"), [(0.0, 0), (1.0, 50)])
def test_a_class_that_is_always_or_never_told_has_an_interval_all_the_same(recall, right):
    labels = np.zeros(50, dtype=np.int64)
    answers = np.full((3, 50), 0 if recall else 1)
    worst = found(Predictions(np.eye(2)[answers], labels))
    assert (worst.number, worst.num_examples, worst.recall.point) == (0, 50, recall)
    exact = binomtest(right, 50).proportion_ci(0.95, method="exact")
    assert (worst.recall.low, worst.recall.high) == pytest.approx((exact.low, exact.high))


def test_classes_without_an_example_are_not_the_worst():
    labels = np.array([1, 1, 3, 3])
    worst = found(Predictions(np.eye(4)[np.array([[1, 1, 3, 1]])], labels))
    assert (worst.number, worst.recall.point) == (3, 0.5)
