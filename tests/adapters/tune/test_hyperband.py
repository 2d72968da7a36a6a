"""Hyperband's brackets are those of the paper, and each trial is judged within its own."""

from types import SimpleNamespace

import pytest
from builders import scored

from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.hyperband import bracket_graces, bracket_turns
from study.adapters.tune.keys import ARM, EPOCH, MEMBERS, OBJECTIVE, TRIAL
from study.values.spec import SchedulerSpec, SearchSpec
from study.values.states import TrialState

HYPERBAND = SearchSpec(scheduler=SchedulerSpec.model_validate({"kind": "hyperband", "reduction_factor": 3}))


def test_the_brackets_of_81_epochs_are_those_of_the_papers_table():
    # Li et al. (2018), table 1: R = 81, eta = 3; n_0 and r_0 of s = 4 to 0.
    graces = bracket_graces(81, 1, 3)
    assert graces == pytest.approx((1, 3, 9, 27, 81))
    turns = bracket_turns(len(graces), 3)
    assert [turns.count(bracket) for bracket in range(5)] == [81, 34, 15, 8, 5]


def test_a_round_that_is_cut_short_has_used_every_bracket_in_proportion():
    turns = bracket_turns(5, 3)
    first = [turns[:48].count(bracket) for bracket in range(5)]
    assert all(abs(count - size * 48 / 143) <= 1 for count, size in zip(first, (81, 34, 15, 8, 5), strict=True))


@pytest.mark.parametrize(("epochs", "grace", "expected"), [(9, 2, (3, 9)), (9, 9, (9,)), (10, 1, (10 / 9, 10 / 3, 10))])
def test_no_bracket_stops_before_the_grace_epochs(epochs, grace, expected):
    assert bracket_graces(epochs, grace, 3) == pytest.approx(expected)


def test_a_trial_competes_within_its_bracket_alone():
    arm = scored(objectives=[], metric="accuracy").plan.arm
    turns = bracket_turns(3, 3)
    numbers = {f"t{number}": number for number in range(len(turns))}
    brackets = ArmBrackets(HYPERBAND, [arm], epochs=9, known_epochs=lambda _: (), arm_number=numbers.__getitem__)
    verdicts = {}
    for place, name in enumerate(numbers):
        one = SimpleNamespace(trial_id=name, config={ARM: arm.id, MEMBERS: [name]})
        assert brackets.goes_on(arm.id, one.trial_id)
        # Each is worse than all before it.
        outcome = {TRIAL: name, EPOCH: 1, OBJECTIVE: 1 - place / 100}
        verdicts[name] = brackets.on_trial_result(None, one, {MEMBERS: [outcome]})
    stopped = {turns[numbers[name]] for name, verdict in verdicts.items() if verdict == "STOP"}
    assert stopped == {0}, "the later brackets let the first epoch pass"
    first = [name for name in numbers if turns[numbers[name]] == 0]
    assert verdicts[first[0]] == "CONTINUE"
    assert {verdicts[name] for name in first[1:]} == {"STOP"}


def test_an_earlier_trial_counts_in_its_bracket_after_a_restart():
    arm = scored(objectives=[], metric="accuracy").plan.arm
    brackets = ArmBrackets(HYPERBAND, [arm], epochs=9, known_epochs=lambda _: (), arm_number=lambda _: 0)
    earlier = scored(number=0, objectives=[0.9, 0.9], arm=arm, state=TrialState.COMPLETE)
    brackets.replay([earlier])
    one = SimpleNamespace(trial_id="later", config={ARM: arm.id, MEMBERS: ["later"]})
    assert brackets.goes_on(arm.id, one.trial_id)
    outcome = {TRIAL: "later", EPOCH: 1, OBJECTIVE: 0.5}
    assert brackets.on_trial_result(None, one, {MEMBERS: [outcome]}) == "STOP"
