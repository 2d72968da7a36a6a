"""Samplers are shown what they model best from, and no more of it as a study grows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from study.adapters.optuna_search.history import MAX_FINISHED, History, shown


def _numbered(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    for number, trial in enumerate(trials):
        trial.number = number
    return list(trials)


def _ended(value: float) -> FrozenTrial:
    return create_trial(value=value)


def _pruned(step: int, value: float) -> FrozenTrial:
    return create_trial(state=TrialState.PRUNED, value=value, intermediate_values={step: value})


@pytest.mark.parametrize("minimize", [True, False])
def test_the_best_and_the_latest_are_shown(minimize: bool) -> None:
    sign = 1 if minimize else -1
    trials = _numbered([_ended(sign * value) for value in range(300)])
    numbers = [trial.number for trial in shown(trials, minimize=minimize, limit=100)]
    assert numbers == [*range(25), *range(225, 300)]


def test_everything_is_shown_until_there_are_more() -> None:
    trials = _numbered([_ended(value) for value in range(100)])
    assert shown(trials, minimize=True, limit=100) == trials


def test_trials_that_run_are_always_shown() -> None:
    trials = _numbered([create_trial(state=TrialState.RUNNING), *(_ended(-value) for value in range(150))])
    numbers = [trial.number for trial in shown(trials, minimize=False, limit=100)]
    assert numbers == [*range(26), *range(76, 151)]


def test_stopped_trials_are_best_only_where_none_is_complete_and_then_by_how_far_they_got() -> None:
    complete = [_ended(9.0) for _ in range(10)]
    far, near = [_pruned(5, 8.0) for _ in range(20)], [_pruned(1, 0.0) for _ in range(20)]
    odd = [_pruned(1, float("nan")) for _ in range(20)]
    trials = _numbered([*complete, *far, *near, *odd])
    numbers = [trial.number for trial in shown(trials, minimize=True, limit=30)]
    assert numbers == [*range(25), *range(65, 70)]


def test_a_history_shows_samplers_a_bounded_part() -> None:
    history = History()
    study_id = history.create_new_study([StudyDirection.MAXIMIZE])
    for value in range(MAX_FINISHED + 50):
        history.create_new_trial(study_id, _ended(float(value)))
    running = history.create_new_trial(study_id)
    seen = history.get_all_trials(study_id, deepcopy=False)
    assert len(seen) == MAX_FINISHED + 1
    assert seen[-1]._trial_id == running
    assert seen[-2].value == MAX_FINISHED + 49


def test_trials_that_keep_to_the_limits_stay_in_sight_however_much_better_others_are() -> None:
    kept = [create_trial(value=0.5, system_attrs={"constraints:parameters": -1.0}) for _ in range(20)]
    exceeding = [create_trial(value=0.9, system_attrs={"constraints:parameters": 1.0}) for _ in range(280)]
    assert [trial.constraints for trial in exceeding[:1]] == [{"parameters": 1.0}]
    numbers = [trial.number for trial in shown(_numbered([*kept, *exceeding]), minimize=False, limit=200)]
    assert numbers[:20] == list(range(20))
