"""Early stopping is decided within an arm, and a resumed study decides as an undisturbed one."""

from types import SimpleNamespace

import pytest
from builders import scored

from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.keys import ARM
from study.values.spec import SchedulerSpec, SearchSpec
from study.values.states import TrialState

SEARCH = SearchSpec(scheduler=SchedulerSpec(grace_epochs=1, reduction_factor=2))


def trial(number, arm):
    return SimpleNamespace(trial_id=f"t{number}", config={ARM: arm.id})


def result(epoch, objective):
    return {"epoch": epoch, "objective": objective}


@pytest.fixture
def arms():
    return [scored(objectives=[], metric=metric).plan.arm for metric in ("accuracy", "nll")]


def test_trials_of_another_arm_are_not_competition(arms):
    arms = [arms[0], arms[0].model_copy(update={"backbone": arms[0].backbone.model_copy(update={"name": "other"})})]
    brackets = ArmBrackets(SEARCH, arms, epochs=8, known_epochs=lambda _: ())
    strong, weak, weaker = trial(0, arms[0]), trial(1, arms[1]), trial(2, arms[1])
    for one in (strong, weak, weaker):
        brackets.on_trial_add(None, one)
    assert brackets.on_trial_result(None, strong, result(1, 0.9)) == "CONTINUE"
    assert brackets.on_trial_result(None, weak, result(1, 0.4)) == "CONTINUE"
    assert brackets.on_trial_result(None, weaker, result(1, 0.3)) == "STOP"
    assert brackets.stopped == {"t2"}


def test_a_loss_is_better_when_lower(arms):
    brackets = ArmBrackets(SEARCH, arms[1:], epochs=8, known_epochs=lambda _: ())
    low, high = trial(0, arms[1]), trial(1, arms[1])
    for one in (low, high):
        brackets.on_trial_add(None, one)
    assert brackets.on_trial_result(None, low, result(1, 0.1)) == "CONTINUE"
    assert brackets.on_trial_result(None, high, result(1, 0.9)) == "STOP"


def test_earlier_trials_count_after_a_restart(arms):
    earlier = scored(number=0, state=TrialState.COMPLETE, objectives=[0.9, 0.95], metric="accuracy")
    brackets = ArmBrackets(SEARCH, [earlier.plan.arm], epochs=8, known_epochs=lambda _: ())
    brackets.replay([earlier])
    late = trial(1, earlier.plan.arm)
    brackets.on_trial_add(None, late)
    assert brackets.on_trial_result(None, late, result(1, 0.5)) == "STOP"


def test_a_resumed_trial_is_judged_by_the_epochs_it_had(arms):
    had = scored(number=0, objectives=[0.9], metric="accuracy")
    arm = had.plan.arm
    brackets = ArmBrackets(SEARCH, [arm], epochs=8, known_epochs=lambda key: had.epochs if key == "t0" else ())
    resumed, other = trial(0, arm), trial(1, arm)
    brackets.on_trial_add(None, resumed)
    brackets.on_trial_add(None, other)
    assert brackets.on_trial_result(None, other, result(1, 0.5)) == "STOP"


def test_no_scheduler_stops_nothing(arms):
    search = SearchSpec(scheduler=SchedulerSpec.model_validate({"kind": "none"}))
    brackets = ArmBrackets(search, arms[:1], epochs=8, known_epochs=lambda _: ())
    for number, objective in enumerate([0.9, 0.1]):
        one = trial(number, arms[0])
        brackets.on_trial_add(None, one)
        assert brackets.on_trial_result(None, one, result(1, objective)) == "CONTINUE"
