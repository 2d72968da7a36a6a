"""Temperature scaling."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from study.statistics.temperature import TEMPERATURES, fit_temperature, scaled_probabilities


def drawn(num, *, temperature, seed=0):
    """Return logits, and labels drawn from their softmax at a temperature."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(num, 4))
    gumbel = rng.gumbel(size=logits.shape)
    return logits, (logits / temperature + gumbel).argmax(axis=1)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_that_labels_were_drawn_at_is_found(temperature):
    logits, labels = drawn(40_000, temperature=temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_no_other_temperature_has_a_smaller_loss():
    logits, labels = drawn(300, temperature=2.0)
    best = fit_temperature(logits, labels)

    def loss(temperature):
        return log_loss(labels, scaled_probabilities(logits, temperature), labels=range(4))

    assert all(loss(best) <= loss(best * factor) for factor in (0.5, 0.9, 0.999, 1.001, 1.1, 2))


def test_log_probabilities_and_shifted_logits_serve_as_well():
    logits, labels = drawn(300, temperature=2.0)
    expected = fit_temperature(logits, labels)
    assert fit_temperature(np.log(softmax(logits, axis=1)), labels) == pytest.approx(expected, rel=1e-4)
    assert fit_temperature(logits + 1000, labels) == pytest.approx(expected, rel=1e-4)


def test_examples_all_told_right_or_without_a_trace_of_the_label_end_at_a_limit():
    logits, _ = drawn(50, temperature=1.0)
    assert fit_temperature(logits, logits.argmax(axis=1)) < 2 * TEMPERATURES[0]
    assert fit_temperature(logits, logits.argmin(axis=1)) > TEMPERATURES[1] / 2


def test_scaling_keeps_classes_and_dimensions():
    logits = np.random.default_rng(0).normal(size=(2, 5, 3))
    scaled = scaled_probabilities(logits, 2.5)
    np.testing.assert_allclose(scaled, softmax(logits / 2.5, axis=-1))
    np.testing.assert_array_equal(scaled.argmax(axis=-1), logits.argmax(axis=-1))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"labels \(2,\)"):
        fit_temperature(np.zeros((3, 2)), np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="not finite"):
        fit_temperature(np.array([[np.inf, 0.0]]), np.zeros(1, dtype=int))
    with pytest.raises(ValueError, match="above 0"):
        scaled_probabilities(np.zeros((3, 2)), 0.0)
