"""Two arms on the same examples."""

from dataclasses import replace

import numpy as np
import pytest
from simulated import Simulation

from study.statistics.interval import Interval
from study.statistics.paired import NO_DIFFERENCE, Comparison, adjusted, bootstrap_p_value, compare
from study.statistics.predictions import Predictions
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.values.metric_names import METRICS

ALIKE = Simulation(num_seeds=3, num_examples=200, seed_spread=0.1)


def scored(predictions, name="accuracy", *, num=1000, seed=0):
    return resampled_scores(predictions, name, Resamples(num_examples=predictions.num_examples, seed=seed, num=num))


def lifted(predictions, skill):
    """Return predictions that are better by `skill` nats on the label's logit."""
    logits = np.log(predictions.probabilities)
    logits[:, np.arange(predictions.num_examples), predictions.labels] += skill
    return Predictions.of_logits(logits, predictions.labels)


def test_a_better_arm_is_better_whichever_way_the_metric_points():
    one, other = ALIKE.arms(2, np.random.default_rng(0))
    one = lifted(one, 1.0)
    for name in ("accuracy", "nll"):
        forth = compare(scored(one, name), scored(other, name), np.random.default_rng(0))
        back = compare(scored(other, name), scored(one, name), np.random.default_rng(0))
        assert (forth.verdict, back.verdict) == ("better", "worse")
        assert forth.p_value < 0.05
        assert forth.difference.point == pytest.approx(-back.difference.point)
        assert (forth.difference.point > 0) == METRICS[name].maximize


def test_an_arm_is_not_shown_to_differ_from_itself():
    (one,) = ALIKE.arms(1, np.random.default_rng(0))
    comparison = compare(scored(one), scored(one), np.random.default_rng(0))
    assert comparison.difference.point == 0
    assert comparison.verdict == "no difference shown"
    assert comparison.p_value > 0.5

    single = Predictions(one.probabilities[:1], one.labels)
    comparison = compare(scored(single), scored(single), np.random.default_rng(0))
    assert (comparison.difference.low, comparison.difference.high, comparison.p_value) == (0, 0, 1)


def test_shared_examples_make_a_difference_firmer_than_two_scores():
    hard = replace(ALIKE, num_seeds=1, example_spread=4.0)
    one, other = hard.arms(2, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    paired = compare(scored(one), scored(other), rng).difference
    assert paired.high - paired.low < 0.75 * np.sqrt(2) * 2 * 1.96 * scored(one).resampled.std()


def test_p_values_are_counted_on_both_sides():
    assert bootstrap_p_value(np.arange(1.0, 100.0)) == pytest.approx(2 / 100)
    assert bootstrap_p_value(-np.arange(1.0, 100.0)) == pytest.approx(2 / 100)
    assert bootstrap_p_value(np.arange(-4.0, 95.0)) == pytest.approx(2 * 6 / 100)
    assert bootstrap_p_value(np.zeros(99)) == 1


def comparison(low, high, *, p=0.01, metric="accuracy"):
    difference = Interval(point=(low + high) / 2, low=low, high=high, confidence=0.95)
    return Comparison(metric=METRICS[metric], difference=difference, p_value=p, adjusted_p_value=p)


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        (comparison(0.1, 0.2), "better"),
        (comparison(-0.2, -0.1), "worse"),
        (comparison(0.1, 0.2, metric="nll"), "worse"),
        (comparison(-0.2, -0.1, metric="nll"), "better"),
        (comparison(-0.1, 0.1), NO_DIFFERENCE),
        (comparison(0.0, 0.1), NO_DIFFERENCE),
        (comparison(0.1, 0.2, p=0.06), NO_DIFFERENCE),
    ],
)
def test_verdicts(judged, verdict):
    assert judged.verdict == verdict


def test_among_many_comparisons_a_weak_one_shows_nothing():
    strong, weak = adjusted([comparison(0.1, 0.2, p=0.001), comparison(0.1, 0.2, p=0.03), comparison(-1, 1, p=0.9)])[:2]
    assert (strong.adjusted_p_value, weak.adjusted_p_value) == pytest.approx((0.003, 0.06))
    assert (strong.verdict, weak.verdict) == ("better", NO_DIFFERENCE)
    assert weak.p_value == 0.03


def test_other_metrics_or_resamples_are_refused():
    one, other = ALIKE.arms(2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="not comparable"):
        compare(scored(one), scored(other, "nll"), np.random.default_rng(0))
    with pytest.raises(ValueError, match="not comparable"):
        compare(scored(one), scored(other, seed=1), np.random.default_rng(0))


def false_alarms(arms_of, name, *, repetitions=500):
    """Return how often one of two equally good arms is called better or worse."""
    rng = np.random.default_rng(1)
    alarms = 0
    for repetition in range(repetitions):
        one, other = arms_of(rng)
        scores = [scored(arm, name, num=600, seed=repetition) for arm in (one, other)]
        alarms += compare(*scores, rng).verdict != NO_DIFFERENCE
    return alarms / repetitions


def by_chance(rng, *, num_seeds=1):
    """Return two arms whose predictions have nothing to do with the labels."""
    labels = rng.integers(3, size=200)
    return [Predictions.of_logits(rng.normal(size=(num_seeds, 200, 3)), labels) for _ in range(2)]


def test_arms_that_guess_differ_as_often_as_the_confidence_says():
    # 5% nominal; 500 repetitions leave 3 standard errors of 1 percent each.
    assert 0.02 <= false_alarms(by_chance, "accuracy") <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "nll", "ece"])
@pytest.mark.parametrize("num_seeds", [3, 5])
def test_equal_arms_differ_seldom(num_seeds, name):
    simulation = replace(ALIKE, num_seeds=num_seeds)
    assert false_alarms(lambda rng: simulation.arms(2, rng), name) <= 0.07
