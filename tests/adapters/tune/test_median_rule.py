"""The median rule stops what was never as good as the median of the others' means."""

from types import SimpleNamespace

import pytest

from study.adapters.tune.keys import EPOCH, OBJECTIVE
from study.adapters.tune.median_rule import MedianRule


def told(rule, name, objectives, *, ends=True):
    """Tell a trial's objectives, epoch by epoch, and return what was said after the last."""
    one = SimpleNamespace(trial_id=name)
    rule.on_trial_add(None, one)
    for epoch, objective in enumerate(objectives, start=1):
        verdict = rule.on_trial_result(None, one, {EPOCH: epoch, OBJECTIVE: objective})
    if ends:
        rule.on_trial_complete(None, one, {})
    return verdict


@pytest.fixture
def rule():
    # Means up to epoch 2: 0.2, 0.5, 0.7; their median is 0.5.
    rule = MedianRule(maximize=True, epochs=4, grace_epochs=1)
    for name, objectives in [("a", [0.1, 0.3]), ("b", [0.4, 0.6]), ("c", [0.6, 0.8])]:
        assert told(rule, name, objectives) == "CONTINUE", "too few have ended"
    return rule


def test_what_was_as_good_once_goes_on(rule):
    assert told(rule, "d", [0.5, 0.1], ends=False) == "CONTINUE"


def test_what_never_was_is_stopped(rule):
    assert told(rule, "d", [0.4, 0.49], ends=False) == "STOP"


def test_of_a_loss_lower_is_better():
    rule = MedianRule(maximize=False, epochs=4, grace_epochs=1)
    for name, loss in [("a", 3.0), ("b", 2.0), ("c", 1.0)]:
        told(rule, name, [loss])
    assert told(rule, "low", [1.5], ends=False) == "CONTINUE"
    assert told(rule, "high", [2.5], ends=False) == "STOP"


def test_trials_that_still_run_do_not_count():
    rule = MedianRule(maximize=True, epochs=4, grace_epochs=1)
    for name in "abc":
        told(rule, name, [0.9], ends=False)
    assert told(rule, "d", [0.1], ends=False) == "CONTINUE"


def test_none_is_stopped_before_the_grace_epochs():
    rule = MedianRule(maximize=True, epochs=4, grace_epochs=2)
    for name in "abc":
        told(rule, name, [0.9, 0.9])
    assert told(rule, "one", [0.1], ends=False) == "CONTINUE"
    assert told(rule, "two", [0.1, 0.1], ends=False) == "STOP"


def test_a_diverged_trial_is_worse_than_any(rule):
    assert told(rule, "d", [float("nan")], ends=False) == "STOP"
