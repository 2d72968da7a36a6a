"""The interval of an arm's score, over seeds and examples."""

import math

import numpy as np
import pytest
from scipy import stats
from simulated import Simulation

from study.statistics.bootstrap import bootstrap_scores, score_interval
from study.statistics.draws import SeedMean, draw_sum
from study.statistics.predictions import Predictions
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.values.problems import InputError


def scored(predictions, name="accuracy", *, num=1000, seed=0):
    return resampled_scores(predictions, name, Resamples(num_examples=predictions.num_examples, seed=seed, num=num))


def arm(rng=None, **changes):
    whole = {"num_seeds": 3, "num_examples": 200, "seed_spread": 0.2}
    (predictions,) = Simulation(**{**whole, **changes}).arms(1, rng or np.random.default_rng(0))
    return predictions


def test_the_point_is_the_mean_over_seeds_on_all_examples():
    predictions = arm()
    scores = scored(predictions)
    np.testing.assert_allclose(scores.by_seed, predictions.right().mean(axis=1))
    assert scores.point == pytest.approx(predictions.right().mean())
    assert score_interval(scores, np.random.default_rng(0)).point == scores.point


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "ece"])
def test_resampled_scores_have_the_points_as_their_mean(name):
    scores = scored(arm(), name)
    assert scores.resampled.shape == (3, 1000)
    np.testing.assert_allclose(scores.resampled.mean(axis=1), scores.by_seed)


def test_with_one_seed_the_spread_is_the_binomial_one():
    predictions = arm(num_seeds=1, num_examples=400)
    share = predictions.right().mean()
    draws = bootstrap_scores(scored(predictions, num=8000), np.random.default_rng(0))
    assert draws.std() == pytest.approx(math.sqrt(share * (1 - share) / 400), rel=0.03)


def test_without_chance_in_examples_it_is_students_interval():
    by_seed = np.array([0.80, 0.83, 0.85, 0.79])
    mean = SeedMean(by_seed, np.tile(by_seed[:, np.newaxis], 200_000))
    expected = stats.t.interval(0.95, 3, by_seed.mean(), stats.sem(by_seed))
    draws = draw_sum([mean], np.random.default_rng(0))
    np.testing.assert_allclose(np.quantile(draws, [0.025, 0.975]), expected, atol=0.001)


def test_a_difference_without_chance_in_examples_is_welchs():
    one, other = np.array([0.80, 0.83, 0.85]), np.array([0.70, 0.90, 0.75, 0.81])
    means = [SeedMean(sign * v, np.tile(sign * v[:, np.newaxis], 200_000)) for sign, v in ((1.0, one), (-1.0, other))]
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    draws = draw_sum(means, np.random.default_rng(0))
    np.testing.assert_allclose(np.quantile(draws, [0.025, 0.975]), expected, atol=0.002)


def test_seeds_that_are_one_model_again_and_again_tell_no_more_than_one():
    once = arm(num_seeds=1)
    thrice = Predictions(np.repeat(once.probabilities, 3, axis=0), once.labels)
    of_once, of_thrice = (bootstrap_scores(scored(p), np.random.default_rng(0)) for p in (once, thrice))
    np.testing.assert_allclose(of_thrice, of_once)


def test_the_interval_is_cut_to_the_metrics_range_and_widens_with_confidence():
    predictions = arm(num_seeds=2, seed_spread=1.0)
    wide, narrow = (
        score_interval(scored(predictions), np.random.default_rng(0), confidence=confidence)
        for confidence in (0.999, 0.5)
    )
    assert (wide.low, wide.high) == (0, 1)
    assert wide.low < narrow.low < narrow.point < narrow.high < wide.high
    with pytest.raises(ValueError, match="confidence is 0"):
        score_interval(scored(predictions), np.random.default_rng(0), confidence=0)


def test_the_same_seeds_of_chance_give_the_same_interval():
    one, other = (score_interval(scored(arm()), np.random.default_rng(3)) for _ in range(2))
    assert one == other


def test_other_examples_and_other_metrics_are_refused():
    with pytest.raises(ValueError, match="resamples of 7 examples for 200"):
        resampled_scores(arm(), "accuracy", Resamples(num_examples=7, seed=0))
    with pytest.raises(InputError, match="loss"):
        scored(arm(), "loss")


def coverage(name, simulation, *, repetitions=500):
    """Return the share of 95% intervals that hold the score a new seed has on average on new examples."""
    rng = np.random.default_rng(1)
    truth = simulation.expected(name, rng)
    hits = 0
    for repetition in range(repetitions):
        (predictions,) = simulation.arms(1, rng)
        interval = score_interval(scored(predictions, name, num=600, seed=repetition), rng)
        hits += interval.low <= truth <= interval.high
    return hits / repetitions


def test_nominal_95_percent_cover_92_to_98():
    assert 0.92 <= coverage("accuracy", Simulation(num_seeds=3, num_examples=200, seed_spread=0.3)) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "macro_f1", "nll", "brier", "ece"])
@pytest.mark.parametrize("num_seeds", [3, 5])
def test_every_metric_is_covered(num_seeds, name):
    assert 0.92 <= coverage(name, Simulation(num_seeds=num_seeds, num_examples=200, seed_spread=0.3)) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [3, 4, 5])
def test_more_examples_are_covered(num_seeds):
    assert 0.92 <= coverage("accuracy", Simulation(num_seeds=num_seeds, num_examples=500, seed_spread=0.3)) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [2, 3])
def test_seeds_that_differ_by_their_examples_alone_are_covered_rather_too_often(num_seeds):
    # So few seeds cannot rule out that they differ in more, so the interval allows for it.
    assert coverage("accuracy", Simulation(num_seeds=num_seeds, num_examples=200, seed_spread=0.0)) >= 0.95
