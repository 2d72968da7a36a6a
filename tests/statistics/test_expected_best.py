"""What a search would have found with less."""

from itertools import combinations, permutations

import numpy as np
import pytest

from study.statistics.expected_best import expected_best, expected_best_in_time, first_crossing

SCORES = [0.3, 0.9, 0.5, 0.5, 0.1, 0.7]


@pytest.mark.parametrize(("maximize", "best"), [(True, max), (False, min)])
def test_it_is_the_mean_over_all_subsets(maximize, best):
    expected = [np.mean([best(subset) for subset in combinations(SCORES, n)]) for n in range(1, 7)]
    np.testing.assert_allclose(expected_best(SCORES, maximize=maximize), expected)


def test_uniform_scores_have_an_expected_maximum_of_n_over_n_plus_1():
    rng = np.random.default_rng(0)
    curves = np.array([expected_best(rng.random(20), maximize=True) for _ in range(3000)])
    n = np.arange(1, 21)
    error = curves.std(axis=0, ddof=1) / np.sqrt(len(curves))
    assert (np.abs(curves.mean(axis=0) - n / (n + 1)) < 4 * error).all()


def test_evenly_spaced_scores_have_it_exactly():
    # The expected maximum of n of 1..N without replacement is n (N + 1) / (n + 1).
    n = np.arange(1, 1001)
    np.testing.assert_allclose(expected_best(n.astype(float), maximize=True), n * 1001 / (n + 1), rtol=1e-9)


def test_in_time_trials_of_equal_length_give_the_curve_by_trials():
    in_time = expected_best_in_time(
        SCORES, [10.0] * 6, [10, 25, 60, 1000], np.random.default_rng(0), maximize=False, num_orders=20_000
    )
    np.testing.assert_allclose(in_time, expected_best(SCORES, maximize=False)[[0, 1, 5, 5]], atol=0.005)


def test_in_time_it_is_the_mean_over_all_orders():
    scores, durations, budget = [0.2, 0.6, 0.4], [1.0, 4.0, 2.0], 5.0

    def best_in(order):
        over_at = np.cumsum([durations[trial] for trial in order])
        return max(scores[trial] for trial, at in zip(order, over_at, strict=True) if at <= budget)

    expected = np.mean([best_in(order) for order in permutations(range(3))])
    got = expected_best_in_time(scores, durations, [budget], np.random.default_rng(0), maximize=True, num_orders=50_000)
    assert got[0] == pytest.approx(expected, abs=0.003)


def test_a_budget_too_short_for_some_trial_has_no_expectation():
    got = expected_best_in_time([0.1, 0.2], [1.0, 9.0], [0.5, 8.0, 9.0], np.random.default_rng(0), maximize=True)
    np.testing.assert_array_equal(np.isnan(got), [True, True, False])


def test_the_first_crossing():
    assert first_crossing([0.5, 0.6, 0.7], [0.4, 0.6, 0.8]) == 3
    assert first_crossing([0.5, 0.6], [0.5, 0.7]) is None
    assert first_crossing([0.5, 0.6], [0.5, 0.5, 0.9]) is None
    assert first_crossing([0.9, np.nan, 0.1, 0.9], [0.5, 0.5, 0.5, 0.5]) == 3
    assert first_crossing([], [0.5]) is None


def test_bad_scores_and_durations_are_named():
    with pytest.raises(ValueError, match=r"positions \[1\] are not finite"):
        expected_best([0.5, np.nan], maximize=True)
    with pytest.raises(ValueError, match=r"shape \(0,\)"):
        expected_best([], maximize=True)
    for durations in ([1.0], [1.0, 0.0], [1.0, np.nan]):
        with pytest.raises(ValueError, match="durations"):
            expected_best_in_time([0.1, 0.2], durations, [5], np.random.default_rng(0), maximize=True)
