"""LogME: the maximum of the evidence, found."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from study.learning.transferability import logme, logme_of_numbers


def log_evidence(features, target, alpha, beta):
    """Return log p(y | F) by its definition: y is normal with covariance I / beta + F F' / alpha."""
    num = len(target)
    covariance = np.eye(num) / beta + features @ features.T / alpha
    return multivariate_normal(np.zeros(num), covariance, allow_singular=True).logpdf(target)


def maximised(features, labels):
    """Return LogME by direct search from several starts."""
    found = []
    for number in np.unique(labels):
        target = (labels == number).astype(float)
        searches = [
            minimize(
                lambda logs, target=target: -log_evidence(features, target, *np.exp(logs)),
                start,
                method="Nelder-Mead",
                options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000},
            )
            for start in ([0.0, 0.0], [4.0, 2.0], [-2.0, 3.0])
        ]
        found.append(-min(search.fun for search in searches))
    return np.mean(found) / len(labels)


def separable(num=60, width=5, classes=3, seed=0, noise=0.7):
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % classes
    return rng.normal(0, 2, (classes, width))[labels] + rng.normal(0, noise, (num, width)), labels


@pytest.mark.parametrize(
    ("num", "width", "classes", "noise"), [(60, 5, 3, 0.7), (40, 8, 2, 3.0), (30, 3, 5, 1.0), (25, 12, 2, 0.3)]
)
def test_it_is_the_evidence_maximised_over_alpha_and_beta(num, width, classes, noise):
    features, labels = separable(num, width, classes, seed=num, noise=noise)
    assert logme(features, labels) == pytest.approx(maximised(features, labels), abs=1e-6)


def test_the_evidence_of_features_that_repeat_each_other_is_found_too():
    features, labels = separable(40, 3)
    repeated = np.hstack([features, features[:, :1], 2 * features[:, 1:2]])
    assert logme(repeated, labels) == pytest.approx(maximised(repeated, labels), abs=1e-6)


def iterated(features, labels):
    """Return LogME by the published iteration on a singular value decomposition, from alpha / beta = the mean s^2."""
    left, singular, _ = np.linalg.svd(features, full_matrices=False)
    found = []
    for number in np.unique(labels):
        target = (labels == number).astype(float)
        along, squares = (left.T @ target) ** 2, singular**2
        alpha, beta = squares.mean(), 1.0
        for _ in range(500):
            gamma = (beta * squares / (alpha + beta * squares)).sum()
            weights = (beta**2 * squares * along / (alpha + beta * squares) ** 2).sum()
            residual = target.sum() - along.sum() + (along * (alpha / (alpha + beta * squares)) ** 2).sum()
            beta = (len(labels) - gamma) / residual
            alpha = min(gamma / weights, 1e12 * beta * squares.max())  # useless features have no end of it
        found.append(log_evidence(features, target, alpha, beta))
    return np.mean(found) / len(labels)


@pytest.mark.parametrize("smaller", [1e-1, 1e-3, 1e-6])
def test_features_far_smaller_than_others_count_as_they_do_by_singular_values(smaller):
    features, labels = separable(40, 3, noise=0.3)
    loud = np.random.default_rng(1).normal(size=(40, 2))
    for beside in (np.hstack([loud, smaller * features]), np.hstack([smaller * loud, features])):
        assert logme(beside, labels) == pytest.approx(iterated(beside, labels), abs=1e-6)


def test_the_scale_of_the_features_and_the_names_of_the_classes_have_no_part_in_it():
    features, labels = separable()
    for scale in (1e-6, 1e5):
        assert logme(scale * features, labels) == pytest.approx(logme(features, labels), abs=1e-7)
    assert logme(features, 7 * labels + 100) == logme(features, labels)


def test_more_features_than_examples_is_no_reason_for_an_infinite_score():
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 2
    wide = rng.normal(size=(20, 50))
    assert np.isfinite(logme(wide, labels))
    assert logme(wide + 3 * labels[:, None], labels) > logme(wide, labels)


@pytest.mark.parametrize("features", [np.zeros((10, 3)), np.ones((10, 3)), np.eye(2)[np.arange(10) % 2]])
def test_features_without_signal_or_without_noise_have_a_finite_score(features):
    assert np.isfinite(logme(features, np.arange(10) % 2))


@pytest.mark.parametrize(("num", "width"), [(60, 5), (25, 40)])
def test_numbers_have_the_evidence_maximised_over_alpha_and_beta_too(num, width):
    rng = np.random.default_rng(num)
    features = rng.normal(size=(num, width))
    numbers = features[:, 0] - 2 * features[:, 1] + rng.normal(0, 0.5, num)
    target = (numbers - numbers.mean()) / numbers.std()
    best = min(
        minimize(
            lambda logs: -log_evidence(features, target, *np.exp(logs)),
            start,
            method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000},
        ).fun
        for start in ([0.0, 0.0], [4.0, 2.0], [-2.0, 3.0])
    )
    assert logme_of_numbers(features, numbers) == pytest.approx(-best / num, abs=1e-6)
    assert logme_of_numbers(features, 3000 + 7 * numbers) == pytest.approx(-best / num, abs=1e-6)
    assert logme_of_numbers(features, numbers) > logme_of_numbers(features[::-1], numbers) + 0.1


def test_numbers_that_are_all_equal_have_no_score():
    with pytest.raises(ValueError, match="all numbers are 3; a score needs at least 2 different ones"):
        logme_of_numbers(np.eye(4), np.full(4, 3.0))
