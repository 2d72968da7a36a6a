"""How much the selected score flatters."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from study.statistics.selection_bias import optimism

FRESH = [0.80, 0.84, 0.82]


def test_optimism_is_signed_by_direction_and_its_interval_is_scipys():
    rising = optimism(0.9, FRESH, maximize=True, confidence=0.9)
    assert rising.point == pytest.approx(0.08)
    around = ttest_1samp(FRESH, 0).confidence_interval(0.9)
    assert (rising.low, rising.high) == pytest.approx((0.9 - around.high, 0.9 - around.low))
    falling = optimism(0.9, FRESH, maximize=False, confidence=0.9)
    assert (falling.point, falling.low, falling.high) == pytest.approx((-0.08, -rising.high, -rising.low))


def test_one_seed_gives_no_interval_and_none_is_refused():
    single = optimism(0.9, [0.8], maximize=True)
    assert single.point == pytest.approx(0.1)
    assert math.isnan(single.low)
    assert math.isnan(single.high)
    assert not single.is_above_zero
    with pytest.raises(ValueError, match="no fresh score"):
        optimism(0.9, [], maximize=True)
    with pytest.raises(ValueError, match="confidence is 95"):
        optimism(0.9, FRESH, maximize=True, confidence=95)


def test_the_best_of_many_equal_trials_is_optimistic():
    rng = np.random.default_rng(0)
    biases = [optimism(rng.normal(size=20).max(), rng.normal(size=5).tolist(), maximize=True).point for _ in range(500)]
    # The expected maximum of 20 standard normal numbers is 1.867.
    assert np.mean(biases) == pytest.approx(1.867, abs=0.12)
