"""Resamples of examples: as many as there are, the same however often they are read."""

import numpy as np
import pytest

from study.statistics import resamples
from study.statistics.resamples import Resamples


def counts(**arguments):
    return np.concatenate(list(Resamples(**arguments).blocks()))


def test_each_resample_has_as_many_examples_as_there_are():
    drawn = counts(num_examples=50, seed=0, num=400)
    assert drawn.shape == (400, 50)
    assert (drawn.sum(axis=1) == 50).all()
    # Each count is binomial(50, 1 / 50): mean 1, variance 0.98.
    assert drawn.var() == pytest.approx(0.98, abs=0.03)
    assert np.abs(drawn.mean(axis=0) - 1).max() < 5 * np.sqrt(0.98 / 400)


def test_equal_resamples_are_read_equal_and_other_seeds_differ():
    one = counts(num_examples=20, seed=1, num=10)
    np.testing.assert_array_equal(one, counts(num_examples=20, seed=1, num=10))
    assert (one != counts(num_examples=20, seed=2, num=10)).any()


def test_blocks_are_bounded(monkeypatch):
    monkeypatch.setattr(resamples, "_COUNTS_AT_ONCE", 60)
    blocks = list(Resamples(num_examples=20, seed=1, num=10).blocks())
    assert [len(block) for block in blocks] == [3, 3, 3, 1]
    assert (np.concatenate(blocks).sum(axis=1) == 20).all()


@pytest.mark.parametrize(("num_examples", "num"), [(0, 10), (10, 0)])
def test_none_are_refused(num_examples, num):
    with pytest.raises(ValueError, match="at least 1 of each"):
        Resamples(num_examples=num_examples, num=num, seed=0)
