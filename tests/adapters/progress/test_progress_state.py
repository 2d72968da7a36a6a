import builders
import pytest

from study.adapters.progress.state import Progress
from study.adapters.progress.time_left import TimeLeft
from study.values.protocols import Protocol
from study.values.states import TrialState

SHARED = builders.arm(Protocol.SHARED_REPRESENTATION)


def progress(total=4, earlier=(), **changes):
    return Progress(builders.arms(**changes), total, phase="search", earlier=earlier)


def test_trials_are_counted_by_arm_and_state():
    state = progress()
    state.start(builders.record(0), 0.0)
    state.start(builders.record(1, arm=SHARED), 0.0)
    state.start(builders.record(2), 0.0)
    state.end(builders.record(0, epochs=3, state=TrialState.COMPLETE), 5.0)
    state.end(builders.record(1, arm=SHARED, state=TrialState.FAILED, reason="out of memory"), 5.0)
    assert (state.ended, state.running, state.count(TrialState.FAILED)) == (2, 1, 1)
    tuned = state.arms[builders.arm().id]
    assert (len(tuned.running), tuned.ended[TrialState.COMPLETE], tuned.best) == (1, 1, 0.3)
    assert state.arms[SHARED.id].last_failure == "out of memory"
    assert state.arms[SHARED.id].best is None


def test_best_is_of_complete_trials_only_and_in_the_metrics_direction():
    state = progress()
    for number, (epochs, ended) in enumerate(
        [(2, TrialState.COMPLETE), (3, TrialState.PRUNED), (1, TrialState.COMPLETE)]
    ):
        state.end(builders.record(number, epochs=epochs, state=ended), 1.0)
    assert state.arms[builders.arm().id].best == 0.2

    tasks = [{"name": "defect", "data": "elpv", "metric": "nll"}]
    lower = builders.arm(protocols=["fine_tuning"], tasks=tasks)
    state = Progress([lower], 3, phase="search", earlier=[])
    for number, epochs in enumerate([2, 1, 3]):
        state.end(builders.record(number, epochs=epochs, state=TrialState.COMPLETE, arm=lower), 1.0)
    assert state.arms[lower.id].best == 0.1
    assert state.arms[lower.id].metric == "nll"


def test_best_is_of_the_generation_that_has_come_furthest():
    state, seen = progress(), []
    for number, (ends, objective) in enumerate([(1, 0.3), (1, 0.5), (2, 0.4), (2, 0.6), (1, 0.9), (2, 0.5)]):
        changes = {"arm": builders.arm(), "epochs": ends, "course_epochs": 2}
        state.end(builders.scored(number, objectives=[objective], state=TrialState.COMPLETE, **changes), 1.0)
        seen.append(state.arms[builders.arm().id].best)
    assert seen == [0.3, 0.5, 0.4, 0.6, 0.6, 0.6]


def test_a_resumed_phase_counts_what_ended_before_and_waits_for_the_rest_to_go_on():
    earlier = [builders.record(0, epochs=3, state=TrialState.COMPLETE), builders.record(1, epochs=1)]
    state = progress(earlier=earlier)
    assert (state.ended, state.running) == (1, 0)
    assert state.time_left_s(0.0) is None
    state.start(earlier[1], 0.0)
    state.start(earlier[1], 1.0)  # its node died
    assert state.running == 1
    state.end(builders.record(1, epochs=3, state=TrialState.COMPLETE), 10.0)
    assert state.time_left_s(10.0) == pytest.approx(20.0)


def test_time_left_is_unknown_until_a_trial_has_ended():
    left = TimeLeft()
    left.start("a", 0.0)
    assert left.estimate_s(4, 100.0) is None
    assert left.estimate_s(0, 100.0) == 0.0


def test_time_left_shares_the_work_among_the_places_in_use():
    left = TimeLeft()
    left.start("a", 0.0)
    left.start("b", 0.0)
    left.end("a", 10.0)
    left.start("c", 10.0)
    # Of 5 left, b has outlasted all that ended, c has 10 s to go, 3 wait: 40 s of work in 2 places.
    assert left.estimate_s(5, 10.0) == pytest.approx(20.0)


def test_time_left_is_never_less_than_the_longest_of_what_runs_or_waits():
    left = TimeLeft()
    for trial in "abcd":
        left.start(trial, 0.0)
    for trial in "abc":
        left.end(trial, 12.0)
    left.start("e", 12.0)
    assert left.estimate_s(2, 12.0) == pytest.approx(12.0)


def test_a_trial_that_was_not_stopped_early_is_expected_to_take_as_long_as_the_others_that_were_not():
    left = TimeLeft()
    for trial in ("short", "shorter", "long", "now"):
        left.start(trial, 0.0)
    left.end("shorter", 2.0)
    left.end("short", 4.0)
    left.end("long", 60.0)
    assert left.estimate_s(1, 20.0) == pytest.approx(40.0)


def test_trials_that_will_not_come_after_all_are_not_waited_for():
    possible = [4]
    state = Progress(builders.arms(), 4, phase="search", earlier=[], count_anew=lambda: possible[0])
    state.start(builders.record(0), 0.0)
    state.end(builders.record(0, epochs=3, state=TrialState.COMPLETE), 10.0)
    assert (state.total, state.time_left_s(10.0)) == (4, 30.0)
    possible[0] = 1
    state.recount()
    assert (state.total, state.time_left_s(10.0)) == (1, 0.0)
