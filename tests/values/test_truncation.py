"""Who goes on in a population."""

from collections import Counter

from study.values.truncation import parents

TEN = [0.5, 0.1, 0.9, 0.4, 0.8, 0.2, 0.7, 0.6, 0.3, 1.0]
"""Less is better: 1 and 5 are the best, 2 and 9 the worst."""


def test_one_of_the_best_takes_the_place_of_each_of_the_worst():
    seen = Counter()
    for seed in range(200):
        found = parents(TEN, 2, seed)
        assert [place for place in range(10) if found[place] != place] == [2, 9]
        seen.update((found[2], found[9]))
    assert set(seen) == {1, 5}
    assert 150 < seen[1] < 250  # of 400: both are as likely


def test_what_failed_goes_first_and_is_none_of_the_best():
    assert parents([None, 0.1, 0.2, 0.3, 0.4], 1, 0) == [1, 1, 2, 3, 4]
    assert parents([None, 0.1, 0.2, 0.3, 0.4], 2, 0)[4] in (1, 2)
    assert parents([None, None, 0.2, None], 1, 0) == [2, 2, 2, 2]
    assert parents([None, None], 1, 0) is None


def test_of_equals_the_first_are_better_and_half_can_go():
    assert parents([0.5, 0.5], 1, 3) == [0, 0]
    assert parents([0.5] * 4, 2, 3)[:2] == [0, 1]
    assert set(parents([0.5] * 4, 2, 3)[2:]) <= {0, 1}
