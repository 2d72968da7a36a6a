"""Which arm is best, and how firm the order is."""

import numpy as np
import pytest
from scipy.stats import kendalltau, norm
from simulated import Simulation

from study.statistics.best import expected_kendall_tau, probability_best, rank_distribution
from study.statistics.bootstrap import bootstrap_scores
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples

DRAWS = np.array([[0.9, 0.8, 0.7, 0.7], [0.5, 0.8, 0.9, 0.7], [0.1, 0.1, 0.8, 0.7]])


def test_ranks_by_hand_with_ties_split():
    expected = np.array(
        [
            [1 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 3, 1 + 1 / 3],
            [1 / 2 + 1 + 1 / 3, 1 + 1 / 2 + 1 / 3, 1 / 3],
            [1 / 3, 1 + 1 / 3, 2 + 1 / 3],
        ]
    )
    np.testing.assert_allclose(rank_distribution(DRAWS, maximize=True), expected / 4)
    np.testing.assert_allclose(probability_best(DRAWS, maximize=True), expected[:, 0] / 4)
    np.testing.assert_allclose(rank_distribution(DRAWS, maximize=False), expected[:, ::-1] / 4)


def test_shares_add_up_to_1():
    shares = rank_distribution(np.random.default_rng(0).integers(4, size=(5, 300)).astype(float), maximize=True)
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_two_normal_arms_have_the_probability_in_closed_form():
    draws = np.random.default_rng(0).normal(size=(2, 40_000)) + np.array([[0.5], [0.0]])
    assert probability_best(draws, maximize=True)[0] == pytest.approx(norm.cdf(0.5 / np.sqrt(2)), abs=0.01)
    assert probability_best(draws, maximize=False)[0] == pytest.approx(norm.cdf(-0.5 / np.sqrt(2)), abs=0.01)


def test_bootstrapped_arms_of_the_same_predictions_share_the_first_place():
    rng = np.random.default_rng(0)
    (one,) = Simulation(num_seeds=1, num_examples=300, seed_spread=0.0).arms(1, rng)
    scores = resampled_scores(one, "accuracy", Resamples(num_examples=300, seed=0))
    draws = np.stack([bootstrap_scores(scores, rng), bootstrap_scores(scores, rng), scores.resampled[0] - 0.01])
    np.testing.assert_allclose(probability_best(draws, maximize=True), [0.5, 0.5, 0])


def test_expected_tau_is_the_mean_of_scipys():
    rng = np.random.default_rng(0)
    points = np.array([1.0, 2.0, 3.0, 3.0, 5.0])
    draws = points[:, np.newaxis] + rng.integers(-3, 4, size=(5, 60))
    expected = np.mean([kendalltau(points, column).statistic for column in draws.T])
    assert expected_kendall_tau(draws, points) == pytest.approx(expected)


def test_tau_of_a_firm_order_is_1_and_of_no_order_is_unknown():
    points = np.array([1.0, 2.0, 3.0])
    assert expected_kendall_tau(np.tile(points[:, np.newaxis], 7), points) == pytest.approx(1)
    assert expected_kendall_tau(np.ones((3, 7)), points) == 0
    assert np.isnan(expected_kendall_tau(np.ones((1, 7)), np.ones(1)))
    assert np.isnan(expected_kendall_tau(DRAWS, np.ones(3)))


def test_what_has_no_rank_is_refused():
    with pytest.raises(ValueError, match=r"draws have shape \(3,\)"):
        probability_best(np.ones(3), maximize=True)
    with pytest.raises(ValueError, match="NaN"):
        probability_best(np.array([[np.nan], [1.0]]), maximize=True)
    with pytest.raises(ValueError, match="estimates"):
        expected_kendall_tau(DRAWS, np.ones(2))
