"""The interval of a mean of few numbers: it covers, and where it cannot be told there is none."""

import math

import numpy as np
import pytest

from study.statistics.mean import mean_interval


@pytest.mark.parametrize("num", [4, 6, 12])
def test_it_covers_the_mean_that_numbers_were_drawn_from(num):
    rng = np.random.default_rng(num)
    intervals = [mean_interval(rng.normal(size=num), rng, num_resamples=500) for _ in range(400)]
    covered = np.mean([one.low <= 0 <= one.high for one in intervals])
    assert 0.91 < covered < 0.98, "within three standard errors of 95%"


def test_skewed_numbers_have_more_room_on_the_side_of_their_tail():
    numbers = 1 - np.array([0.01, 0.02, 0.02, 0.03, 0.05, 0.05, 0.08, 0.3])
    found = mean_interval(numbers, np.random.default_rng(0))
    assert found.point == pytest.approx(numbers.mean())
    assert found.point - found.low > 1.5 * (found.high - found.point)


def test_it_is_cut_to_what_there_can_be():
    found = mean_interval([0.0, 0.9, 0.95, 1.0], np.random.default_rng(0), lower=0, upper=1)
    assert (found.low, found.high) == (0, 1)


def test_three_numbers_have_no_interval_and_equal_ones_one_without_width():
    few = mean_interval([0.1, 0.2, 0.3], np.random.default_rng(0))
    assert few.point == pytest.approx(0.2)
    assert math.isnan(few.low)
    assert math.isnan(few.high)
    same = mean_interval([0.5] * 6, np.random.default_rng(0))
    assert (same.low, same.point, same.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("values", [[], [0.1, math.nan], [[0.1], [0.2]]])
def test_what_has_no_mean_is_refused(values):
    with pytest.raises(ValueError, match="at least one number, all finite, expected"):
        mean_interval(values, np.random.default_rng(0))
