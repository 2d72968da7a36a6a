"""What sharing gains or loses."""

from dataclasses import replace

import numpy as np
import pytest

from study.statistics.interval import Interval
from study.statistics.multitask import Transfer, delta_m, paired_transfer, transfer
from study.statistics.resampled_scores import ResampledScores
from study.statistics.resamples import Resamples
from study.values.metric_names import METRICS


def scores(by_seed, *, metric="accuracy", noise=0.0, task=0, num=4000, seed=0):
    """Return scores of which every resample moves all seeds by the same noise."""
    by_seed = np.asarray(by_seed, dtype=float)
    moved = noise * np.random.default_rng([task, seed]).normal(size=num)
    return ResampledScores(
        metric=METRICS[metric],
        resamples=Resamples(num_examples=100, seed=task, num=num),
        by_seed=by_seed,
        resampled=by_seed[:, np.newaxis] + moved - moved.mean(),
    )


def rng():
    return np.random.default_rng(0)


def test_delta_m_by_hand():
    shared = [scores([0.8, 0.9]), scores([0.4], metric="nll", task=1), scores([0.5], task=2)]
    single = [scores([0.8]), scores([0.5], metric="nll", task=1), scores([0.6, 0.4], task=2)]
    with pytest.raises(ValueError, match=r"has \[2, 1, 1\] seeds"):
        delta_m(shared, single, rng())
    shared[0] = scores([0.85])
    expected = (0.05 / 0.8 + 0.1 / 0.5 + 0.0) / 3
    assert delta_m(shared, single, rng()).point == pytest.approx(expected)


def test_for_small_noise_the_interval_is_that_of_the_ratio():
    shared, single = scores([0.84], noise=0.004, seed=1), scores([0.80], noise=0.004, seed=2)
    ratios = shared.resampled[0] / single.resampled[0] - 1
    gain = delta_m([shared], [single], rng())
    np.testing.assert_allclose([gain.low, gain.high], np.quantile(ratios, [0.025, 0.975]), atol=2e-4)


def test_of_a_minimised_metric_the_sign_turns():
    shared, single = scores([0.9], noise=0.01, seed=1), scores([0.8], noise=0.01, seed=2)
    lower = METRICS["nll"]
    up = transfer(shared, single, rng())
    down = transfer(replace(shared, metric=lower), replace(single, metric=lower), rng())
    assert (up.verdict, down.verdict) == ("positive transfer", "negative transfer")
    assert (down.gain.point, down.gain.low, down.gain.high) == pytest.approx(
        (-up.gain.point, -up.gain.high, -up.gain.low)
    )


def test_noise_that_both_share_cancels():
    shared, single = scores([0.81], noise=0.05), scores([0.80], noise=0.05)
    assert transfer(shared, single, rng()).verdict == "positive transfer"
    assert transfer(shared, scores([0.80], noise=0.05, seed=1), rng()).verdict == "no difference shown"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.1, "positive transfer"),
        (-0.1, -0.01, "negative transfer"),
        (-0.1, 0.1, "no difference shown"),
        (0.0, 0.1, "no difference shown"),
        (np.nan, np.nan, "no difference shown"),
    ],
)
def test_verdicts(low, high, verdict):
    assert Transfer(gain=Interval(point=0.0, low=low, high=high, confidence=0.95)).verdict == verdict


def test_lucky_seeds_of_a_shared_model_are_lucky_in_all_its_tasks():
    luck = np.array([-0.02, 0.0, 0.01, 0.02, -0.01])
    single = [scores([0.5], task=task) for task in range(2)]
    together = delta_m([scores(0.5 + luck, task=task) for task in range(2)], single, rng())
    opposed = delta_m([scores(0.5 + sign * luck, task=task) for task, sign in enumerate((1, -1))], single, rng())
    assert together.high - together.low > 0.02
    assert opposed.high - opposed.low == pytest.approx(0)


def test_what_does_not_fit_is_named():
    one = scores([0.5])
    with pytest.raises(ValueError, match="0 tasks shared"):
        delta_m([], [], rng())
    with pytest.raises(ValueError, match="1 tasks shared and 2 single"):
        delta_m([one], [one, one], rng())
    with pytest.raises(ValueError, match="task 1: metric or resamples"):
        delta_m([one, one], [one, scores([0.5], task=9)], rng())
    with pytest.raises(ValueError, match="task 0: the single model's accuracy is 0"):
        delta_m([one], [scores([0.0])], rng())
    other = scores([0.5], num=7)
    with pytest.raises(ValueError, match="resamples; equal numbers"):
        delta_m([one, other], [one, other], rng())


def test_what_a_seed_gives_to_both_cancels_where_seeds_are_paired():
    luck = np.array([-0.2, 0.1, 0.0, 0.15, -0.05])
    ours, base = scores(0.63 + luck, noise=0.01), scores(0.60 + luck, noise=0.01)
    paired, apart = paired_transfer(ours, base, rng()), transfer(ours, base, rng())
    assert paired.gain.point == apart.gain.point == pytest.approx(0.03 / 0.60)
    assert (paired.verdict, apart.verdict) == ("positive transfer", "no difference shown")
    assert paired.gain.low <= paired.gain.point <= paired.gain.high


def test_the_interval_of_paired_seeds_is_students_t_of_their_differences():
    ours, base = scores([0.66, 0.62, 0.65]), scores([0.6, 0.6, 0.6])
    found = paired_transfer(ours, base, np.random.default_rng(0))
    differences = (ours.by_seed - 0.6) / 0.6
    half = 4.303 * differences.std(ddof=1) / np.sqrt(3)
    assert found.gain.low == pytest.approx(differences.mean() - half, abs=0.02)
    assert found.gain.high == pytest.approx(differences.mean() + half, abs=0.02)


def test_paired_seeds_of_a_minimised_metric_turn_the_sign_and_have_to_be_as_many():
    up = paired_transfer(scores([0.9, 0.8]), scores([0.7, 0.7]), rng())
    down = paired_transfer(scores([0.9, 0.8], metric="nll"), scores([0.7, 0.7], metric="nll"), rng())
    assert down.gain.point == pytest.approx(-up.gain.point)
    with pytest.raises(ValueError, match="2 seeds against 3"):
        paired_transfer(scores([0.9, 0.8]), scores([0.7, 0.7, 0.7]), rng())
