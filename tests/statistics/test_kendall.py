"""How far two scores agree on an order, and how sure that is."""

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from study.statistics.kendall import kendall_tau, tau_interval


def test_tau_by_hand():
    # Of 6 pairs 5 agree and 1 does not.
    assert kendall_tau([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(4 / 6)
    # With a tie on one side: (5 - 0) / sqrt(6 * 5).
    assert kendall_tau([1, 2, 3, 4], [1, 2, 2, 4]) == pytest.approx(5 / math.sqrt(30))


def test_tau_leaves_out_missing_scores():
    nan = math.nan
    assert kendall_tau([1, nan, 2, 3, 4], [1, 9, 3, 2, 4]) == pytest.approx(4 / 6)
    assert kendall_tau([1, 2, 3], [4, 5, nan]) == 1
    assert math.isnan(kendall_tau([1, nan], [1, 2]))
    assert math.isnan(kendall_tau([1, 1, 1], [1, 2, 3]))
    with pytest.raises(ValueError, match="2 scores against 1"):
        kendall_tau([1, 2], [1])


def test_the_interval_is_the_bootstraps_over_configurations():
    random = np.random.default_rng(0)
    one = random.integers(6, size=30).astype(float)  # with ties
    other = one + random.normal(size=30)
    found = tau_interval(one, other, seed=3, confidence=0.9, num_resamples=400)
    assert found.point == pytest.approx(kendalltau(one, other).statistic)
    rows = random.integers(30, size=(1000, 30))
    low, high = np.nanquantile([kendalltau(one[row], other[row]).statistic for row in rows], [0.05, 0.95])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.03)
    assert found == tau_interval(one, other, seed=3, confidence=0.9, num_resamples=400)


def test_it_covers_as_often_as_it_says():
    random, truth = np.random.default_rng(1), 2 / math.pi * math.asin(0.6)
    hits = 0
    for seed in range(300):
        one = random.normal(size=12)
        other = 0.6 * one + 0.8 * random.normal(size=12)
        found = tau_interval(one, other, seed=seed, num_resamples=500)
        hits += found.low <= truth <= found.high
    assert 0.91 <= hits / 300 <= 0.99


def test_few_configurations_and_scores_without_an_order_have_no_interval():
    few = tau_interval(range(7), range(7), seed=0)
    assert few.point == 1
    assert math.isnan(few.low)
    assert math.isnan(tau_interval([1.0] * 9, range(9), seed=0).point)
    same = tau_interval(range(9), range(9), seed=0)
    assert (same.low, same.high) == (1, 1)
