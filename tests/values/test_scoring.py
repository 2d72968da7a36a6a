"""What is made of a trial's epochs, by rule."""

import pytest
from builders import scored

from study.values.scoring import SelectionRule, chosen_epoch, score
from study.values.selection import select
from study.values.states import TrialState

UP_AND_DOWN = [0.2, 0.9, 0.4, 0.6]


@pytest.mark.parametrize(
    ("rule", "maximize", "epoch", "value"),
    [
        (SelectionRule.LAST_EPOCH, True, 3, 0.6),
        (SelectionRule.LAST_EPOCH, False, 3, 0.6),
        (SelectionRule.BEST_EPOCH, True, 1, 0.9),
        (SelectionRule.BEST_EPOCH, False, 0, 0.2),
        (SelectionRule.MEAN_OF_LAST, True, 3, 0.5),
    ],
)
def test_rules(rule, maximize, epoch, value):
    assert chosen_epoch(UP_AND_DOWN, rule, maximize=maximize) == epoch
    assert score(UP_AND_DOWN, rule, maximize=maximize, num_last=2) == pytest.approx(value)


def test_fewer_epochs_than_the_mean_is_taken_over():
    assert score([0.4, 0.6], SelectionRule.MEAN_OF_LAST, maximize=True, num_last=5) == pytest.approx(0.5)


@pytest.mark.parametrize(("rule", "winner"), [("last_epoch", 1), ("best_epoch", 0), ("mean_of_last", 2)])
def test_the_rule_decides_what_is_selected(rule, winner):
    def trial(number, *objectives):
        how = {"selection": SelectionRule(rule), "last_epochs": 2}
        return scored(number, objectives=objectives, state=TrialState.COMPLETE, **how)

    trials = [trial(0, 0.9, 0.1, 0.1), trial(1, 0.1, 0.1, 0.8), trial(2, 0.1, 0.7, 0.7)]
    assert select(trials).plan.number == winner


def test_a_lean_record_is_compared_and_chosen_as_the_whole_one():
    for rule in SelectionRule:
        whole = scored(0, objectives=UP_AND_DOWN, state=TrialState.COMPLETE, selection=rule)
        lean = whole.lean()
        assert lean.objective == whole.objective
        assert lean.chosen_epoch == whole.chosen_epoch
        assert sum(len(epoch.metrics) for epoch in lean.epochs) < sum(len(epoch.metrics) for epoch in whole.epochs)
