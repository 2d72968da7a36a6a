"""McNemar's test."""

import numpy as np
import pytest
from scipy.stats import binomtest

from study.statistics.mcnemar import mcnemar
from study.statistics.predictions import Predictions


def told(right):
    """Return predictions on examples of class 0 that are right where `right`, shape (S, N), says so."""
    hit = np.asarray(right, dtype=float)
    return Predictions(np.stack([hit, 1 - hit], axis=-1), np.zeros(hit.shape[1], dtype=np.int64))


def test_with_one_seed_it_is_the_binomial_test_of_the_discordant_examples():
    one = told([[1] * 9 + [0] * 2 + [1] * 20 + [0] * 5])
    other = told([[0] * 9 + [1] * 2 + [1] * 20 + [0] * 5])
    result = mcnemar(one, other)
    assert (result.one_better, result.other_better) == (9, 2)
    assert result.p_value == pytest.approx(binomtest(9, 11).pvalue)
    # 2 * (C(11, 0) + C(11, 1) + C(11, 2)) / 2^11
    assert result.p_value == pytest.approx(2 * (1 + 11 + 55) / 2048)
    assert mcnemar(other, one).p_value == result.p_value


def test_an_example_counts_for_the_arm_with_more_seeds_right():
    one = told([[1, 1, 0, 1], [1, 0, 0, 1], [0, 0, 1, 1]])
    other = told([[0, 1, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]])
    result = mcnemar(one, other)
    assert (result.one_better, result.other_better) == (1, 1)


def test_arms_that_no_example_tells_apart():
    assert mcnemar(told([[1, 0]]), told([[1, 0]])).p_value == 1


def test_other_examples_or_numbers_of_seeds_are_refused():
    with pytest.raises(ValueError, match="2 seeds against 1"):
        mcnemar(told([[1, 0], [1, 0]]), told([[1, 0]]))
    with pytest.raises(ValueError, match="not the same examples"):
        mcnemar(told([[1, 0]]), told([[1, 0, 1]]))
