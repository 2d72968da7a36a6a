"""Early stopping is decided within an arm, and a resumed study decides as an undisturbed one."""

from types import SimpleNamespace

import pytest
from builders import scored

from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.keys import ARM, EPOCH, FAILURE, MEMBERS, OBJECTIVE, TRIAL
from study.values.spec import SchedulerSpec, SearchSpec
from study.values.states import TrialState

SEARCH = SearchSpec(scheduler=SchedulerSpec(grace_epochs=1, reduction_factor=2))


def trial(number, arm):
    return pack([f"t{number}"], arm)


def pack(names, arm):
    return SimpleNamespace(trial_id="-".join(names), config={ARM: arm.id, MEMBERS: names})


def enter(brackets, controller, one):
    """Hand a trial or a pack out, as a searcher does and Tune after it; return which of its members go on."""
    going_on = [name for name in one.config[MEMBERS] if brackets.goes_on(one.config[ARM], name)]
    brackets.on_trial_add(controller, one)
    return going_on


def result(epoch, objective, name):
    return results(epoch, {name: objective})


def results(epoch, objectives):
    return {MEMBERS: [{TRIAL: name, EPOCH: epoch, OBJECTIVE: value} for name, value in objectives.items()]}


@pytest.fixture
def arms():
    return [scored(objectives=[], metric=metric).plan.arm for metric in ("accuracy", "nll")]


def test_trials_of_another_arm_are_not_competition(arms):
    arms = [arms[0], arms[0].model_copy(update={"backbone": arms[0].backbone.model_copy(update={"name": "other"})})]
    brackets = ArmBrackets(SEARCH, arms, epochs=8, known_epochs=lambda _: ())
    strong, weak, weaker = trial(0, arms[0]), trial(1, arms[1]), trial(2, arms[1])
    for one in (strong, weak, weaker):
        enter(brackets, None, one)
    assert brackets.on_trial_result(None, strong, result(1, 0.9, strong.trial_id)) == "CONTINUE"
    assert brackets.on_trial_result(None, weak, result(1, 0.4, weak.trial_id)) == "CONTINUE"
    assert brackets.on_trial_result(None, weaker, result(1, 0.3, weaker.trial_id)) == "STOP"
    assert brackets.stopped == {"t2"}


def test_a_loss_is_better_when_lower(arms):
    brackets = ArmBrackets(SEARCH, arms[1:], epochs=8, known_epochs=lambda _: ())
    low, high = trial(0, arms[1]), trial(1, arms[1])
    for one in (low, high):
        enter(brackets, None, one)
    assert brackets.on_trial_result(None, low, result(1, 0.1, low.trial_id)) == "CONTINUE"
    assert brackets.on_trial_result(None, high, result(1, 0.9, high.trial_id)) == "STOP"


def test_earlier_trials_count_after_a_restart(arms):
    earlier = scored(number=0, state=TrialState.COMPLETE, objectives=[0.9, 0.95], metric="accuracy")
    brackets = ArmBrackets(SEARCH, [earlier.plan.arm], epochs=8, known_epochs=lambda _: ())
    brackets.replay([earlier])
    late = trial(1, earlier.plan.arm)
    enter(brackets, None, late)
    assert brackets.on_trial_result(None, late, result(1, 0.5, late.trial_id)) == "STOP"


def test_a_resumed_trial_is_judged_by_the_epochs_it_had(arms):
    had = scored(number=0, objectives=[0.9], metric="accuracy")
    arm = had.plan.arm
    brackets = ArmBrackets(SEARCH, [arm], epochs=8, known_epochs=lambda key: had.epochs if key == "t0" else ())
    resumed, other = trial(0, arm), trial(1, arm)
    enter(brackets, None, resumed)
    enter(brackets, None, other)
    assert brackets.on_trial_result(None, other, result(1, 0.5, other.trial_id)) == "STOP"


def test_a_trial_whose_last_epoch_was_its_end_is_handed_out_no_more(arms):
    had = scored(number=1, objectives=[0.5], metric="accuracy")
    arm = had.plan.arm
    brackets = ArmBrackets(SEARCH, [arm], epochs=8, known_epochs=lambda key: had.epochs if key == "t1" else ())
    strong, behind = trial(0, arm), trial(1, arm)
    assert enter(brackets, None, strong) == ["t0"]
    assert brackets.on_trial_result(None, strong, result(1, 0.9, "t0")) == "CONTINUE"
    assert enter(brackets, None, behind) == []
    assert enter(brackets, None, behind) == [], "nor when it is asked again"
    assert brackets.stopped == {"t1"}


def test_a_trial_that_went_on_past_a_rung_is_not_stopped_there_for_rivals_that_came_since(arms):
    had = scored(number=1, objectives=[0.5, 0.6, 0.7], metric="accuracy")
    arm = had.plan.arm
    brackets = ArmBrackets(SEARCH, [arm], epochs=8, known_epochs=lambda key: had.epochs if key == "t1" else ())
    strong, behind = trial(0, arm), trial(1, arm)
    enter(brackets, None, strong)
    brackets.on_trial_result(None, strong, result(1, 0.9, "t0"))
    assert enter(brackets, None, behind) == ["t1"]


def test_no_scheduler_stops_nothing(arms):
    search = SearchSpec(scheduler=SchedulerSpec.model_validate({"kind": "none"}))
    brackets = ArmBrackets(search, arms[:1], epochs=8, known_epochs=lambda _: ())
    for number, objective in enumerate([0.9, 0.1]):
        one = trial(number, arms[0])
        enter(brackets, None, one)
        assert brackets.on_trial_result(None, one, result(1, objective, one.trial_id)) == "CONTINUE"


class Controller:
    """Takes the tasks that a scheduler has an actor do."""

    def __init__(self):
        self.asked = []

    def _schedule_trial_task(self, *, trial, method_name, args):
        self.asked.append((trial.trial_id, method_name, *args))


def test_each_member_of_a_pack_is_judged_by_itself_and_the_stopped_are_dropped(arms):
    brackets = ArmBrackets(SEARCH, arms[:1], epochs=8, known_epochs=lambda _: ())
    one, controller = pack(["t0", "t1", "t2", "t3"], arms[0]), Controller()
    enter(brackets, controller, one)
    first = results(1, {"t0": 0.9, "t1": 0.4, "t2": 0.95})
    first[MEMBERS].append({TRIAL: "t3", FAILURE: "nan"})
    assert brackets.on_trial_result(controller, one, first) == "CONTINUE"
    assert brackets.stopped == {"t1"}
    assert controller.asked == [("t0-t1-t2-t3", "drop", [1])]
    # Reported once more, as where the actor began anew: it is not judged twice, and dropped again.
    assert brackets.on_trial_result(controller, one, results(2, {"t0": 0.5, "t1": 0.99, "t2": 0.9})) == "CONTINUE"
    assert brackets.stopped == {"t1"}
    assert brackets.on_trial_result(controller, one, results(4, {"t0": 0.5, "t2": 0.6})) == "CONTINUE"
    assert brackets.on_trial_result(controller, one, {MEMBERS: [{TRIAL: "t0", FAILURE: "nan"}]}) == "STOP"


def test_a_trial_that_is_trained_once_more_ends_where_it_ended_before(arms):
    brackets = ArmBrackets(SEARCH, arms[:1], epochs=8, known_epochs=lambda _: (), decided={"t1": 3, "t2": 1})
    strong, again, stopped = (trial(number, arms[0]) for number in range(3))
    for one in (strong, again, stopped):
        enter(brackets, None, one)
    assert brackets.on_trial_result(None, strong, result(1, 0.5, "t0")) == "CONTINUE"
    assert brackets.on_trial_result(None, again, result(1, 0.1, "t1")) == "CONTINUE", "it would be stopped by now"
    assert brackets.on_trial_result(None, again, result(2, 0.1, "t1")) == "CONTINUE"
    assert brackets.on_trial_result(None, again, result(3, 0.1, "t1")) == "STOP"
    assert brackets.on_trial_result(None, stopped, result(1, 0.9, "t2")) == "STOP", "it would go on by now"
    assert brackets.stopped == {"t1", "t2"}
