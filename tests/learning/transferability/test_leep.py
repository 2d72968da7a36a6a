"""LEEP by hand; N-LEEP on what a mixture of Gaussians makes of features."""

import math

import numpy as np
import pytest

from study.learning.transferability import leep, nleep


def test_it_is_what_a_hand_makes_of_it():
    theta = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    labels = np.array([0, 0, 1])
    # Sums over examples: z = 0 has 1.4 of class 0 and 0.1 of class 1; z = 1 has 0.6 and 0.9.
    given_first, given_second = (1.4 / 1.5, 0.1 / 1.5), (0.6 / 1.5, 0.9 / 1.5)
    expected = (
        math.log(0.8 * given_first[0] + 0.2 * given_second[0])
        + math.log(0.6 * given_first[0] + 0.4 * given_second[0])
        + math.log(0.1 * given_first[1] + 0.9 * given_second[1])
    ) / 3
    assert leep(theta, labels) == pytest.approx(expected, abs=1e-12)


def test_source_classes_that_are_the_tasks_have_zero_and_useless_ones_the_entropy_of_the_labels():
    labels = np.array([0, 1, 1, 2, 0, 1])
    assert leep(np.eye(3)[labels], labels) == pytest.approx(0, abs=1e-12)
    shares = np.bincount(labels) / len(labels)
    assert leep(np.full((6, 4), 0.25), labels) == pytest.approx((shares * np.log(shares)).sum(), abs=1e-12)


def test_a_source_class_that_no_example_shows_changes_nothing():
    theta = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    labels = np.array([0, 0, 1])
    assert leep(np.hstack([theta, np.zeros((3, 1))]), labels) == pytest.approx(leep(theta, labels), abs=1e-12)


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([[0.5, 0.5], [0.7, 0.7]], r"source probabilities\[1\] sum to 1.4; must be 1"),
        ([[0.5, 0.5], [1.5, -0.5]], r"source probabilities\[1, 1\] = -0.5; must not be negative"),
        ([[0.5, 0.5], [np.nan, 0.5]], r"source probabilities\[1, 0\] = nan"),
    ],
)
def test_rows_that_are_no_distribution_are_named(theta, message):
    with pytest.raises(ValueError, match=message):
        leep(np.array(theta), np.array([0, 1]))


def test_features_in_clusters_by_class_have_almost_zero():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    features = 20 * np.eye(4, 30)[labels] + rng.normal(size=(200, 30))
    assert nleep(features, labels) == pytest.approx(0, abs=1e-3)
    shuffled = rng.permutation(labels)
    assert nleep(features, shuffled) < -1


def test_the_same_seed_gives_the_same_score():
    features = np.random.default_rng(0).normal(size=(80, 10)).astype(np.float32)
    labels = np.arange(80) % 3
    assert nleep(features, labels, seed=3) == nleep(features, labels, seed=3)


def test_a_handful_of_examples_and_features_that_do_not_vary_have_a_score():
    rng = np.random.default_rng(0)
    assert nleep(rng.normal(size=(3, 8)), np.array([0, 1, 1])) <= 0
    labels = np.arange(40) % 2
    assert nleep(np.ones((40, 5)), labels) == pytest.approx(math.log(0.5))
