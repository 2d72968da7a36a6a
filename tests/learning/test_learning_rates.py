import pytest

from study.learning.optimisation import learning_rate_factor
from study.values.hyperparameters import Hyperparameters


def factors(steps, **changes):
    values = Hyperparameters(freezing_depth=1, head_learning_rate=1e-3, batch_size=8, **changes)
    factor = learning_rate_factor(values, steps)
    return [factor(step) for step in range(steps)]


def test_cosine_goes_from_the_peak_to_almost_nothing():
    rates = factors(100, schedule="cosine")
    assert rates[0] == 1.0
    assert rates[50] == pytest.approx(0.5)
    assert rates[-1] < 0.001
    assert rates == sorted(rates, reverse=True)


def test_warm_up_rises_in_a_line_and_never_starts_at_nothing():
    rates = factors(100, warmup_fraction=0.1, schedule="constant")
    assert rates[:3] == pytest.approx([1 / 11, 2 / 11, 3 / 11])
    assert rates[10:] == [1.0] * 90


def test_the_shortest_training_has_a_rate():
    assert factors(1, schedule="cosine", warmup_fraction=0.9) == pytest.approx([0.5])
