"""H-score: its definition, and the shrunk covariance in place of the plain one."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from study.learning.transferability import h_score


def drawn(num=400, width=6, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, num)
    mixed = rng.normal(size=(width, width))
    return (rng.normal(size=(classes, width))[labels] + rng.normal(size=(num, width))) @ mixed + 3, labels


def between(features, labels):
    """Return cov(E[f | y]) by its definition: each example's features replaced by its class's mean."""
    means = np.stack([features[labels == label].mean(axis=0) for label in labels])
    return np.cov(means.T, bias=True)


def test_without_shrinkage_it_is_the_definition():
    features, labels = drawn()
    covariance = np.cov(features.T, bias=True)
    expected = np.trace(np.linalg.inv(covariance) @ between(features, labels))
    assert h_score(features, labels, shrinkage=0.0) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("num", "width"), [(400, 6), (40, 60)])
def test_with_shrinkage_it_is_the_definition_on_the_covariance_of_ledoit_and_wolf(num, width):
    features, labels = drawn(num, width)
    fitted = LedoitWolf().fit(features)
    expected = np.trace(np.linalg.inv(fitted.covariance_) @ between(features, labels)) * (1 - fitted.shrinkage_)
    assert h_score(features, labels) == pytest.approx(expected, rel=1e-8)


def test_scale_and_position_have_no_part_in_it_and_it_is_at_most_the_number_of_classes_less_one():
    features, labels = drawn()
    assert h_score(1e-4 * features - 7, labels) == pytest.approx(h_score(features, labels), rel=1e-7)
    perfect = np.eye(4)[labels][:, :3]
    assert h_score(perfect, labels, shrinkage=0.0) == pytest.approx(3)


def test_a_covariance_without_inverse_has_its_pseudo_inverse():
    features, labels = drawn()
    repeated = np.hstack([features, features[:, :2]])
    plain = h_score(features, labels, shrinkage=0.0)
    assert h_score(repeated, labels, shrinkage=0.0) == pytest.approx(plain, rel=1e-7)


@pytest.mark.parametrize("num", [2, 10])
def test_two_distinct_points_which_nothing_shrinks_are_told_apart(num):
    labels = np.arange(num) % 2
    assert h_score(np.eye(2)[labels], labels) == pytest.approx(1)


def test_an_intensity_out_of_range_is_named():
    with pytest.raises(ValueError, match=r"shrinkage = 1.5; must be in 0..1"):
        h_score(*drawn(), shrinkage=1.5)


def test_features_that_do_not_vary_have_zero():
    assert h_score(np.full((10, 3), 0.1), np.arange(10) % 2) == pytest.approx(0, abs=1e-9)
