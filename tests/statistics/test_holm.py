"""Holm's correction, by hand."""

import pytest

from study.statistics.holm import holm


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([], []),
        ([0.03], [0.03]),
        # 4 * 0.005, 3 * 0.01, 2 * 0.03, and 0.04 raised to what stands before it.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.02, 0.02, 0.5], [0.06, 0.06, 0.5]),
        ([0.6, 0.7], [1.0, 1.0]),
    ],
)
def test_small_cases(p_values, corrected):
    assert holm(p_values) == pytest.approx(corrected)


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_named(bad):
    with pytest.raises(ValueError, match="at position 1"):
        holm([0.5, bad])
