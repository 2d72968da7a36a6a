"""An arm's trials in this process: all that a sampler needs, read without a query."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence

from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.values.dominance import non_dominated

MAX_FINISHED = 200
"""Finished trials that a sampler is shown."""
_NUM_BEST = 25
"""How many of them are the best: the most that Optuna's TPE ever models as good."""


class History(InMemoryStorage):
    """Trials of one Optuna study, of which samplers see all that run and a bounded number of those that finished.

    TPE's time for a suggestion grows with the trials it models. It models the best few against the rest, and gives
    those of the rest less weight the older they are; the bound leaves out the oldest of the rest, once there are
    more than MAX_FINISHED. A suggestion then costs the same however long the study gets. The same goes for a Gaussian
    process, whose time grows with their cube.
    """

    def __init__(self, limit: int | None = MAX_FINISHED) -> None:
        """Begin empty.

        Args:
            limit: Finished trials that are shown; all where None.
        """
        super().__init__()
        self._limit = limit

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[OptunaState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials that are shown, by number."""
        trials = super().get_all_trials(study_id, deepcopy=deepcopy, states=states)
        if self._limit is None or len(trials) <= self._limit:
            return trials
        directions = self.get_study_directions(study_id)
        if len(directions) > 1:
            return shown_of_several(trials, directions, limit=self._limit)
        return shown(trials, minimize=directions[0] is StudyDirection.MINIMIZE, limit=self._limit)


def shown(trials: Sequence[FrozenTrial], *, minimize: bool, limit: int = MAX_FINISHED) -> list[FrozenTrial]:
    """Return the trials that a sampler is shown, in the order given.

    Args:
        trials: All of them, oldest first.
        minimize: Whether a lower value is better.
        limit: Finished trials that are shown: the best 25 of them, first those that keep to the study's limits, and of
            the others the latest.
    """
    modelled = [trial for trial in trials if trial.state in (OptunaState.COMPLETE, OptunaState.PRUNED)]
    if len(modelled) <= limit:
        return list(trials)
    best = _numbers(sorted(modelled, key=lambda trial: (_excess(trial), rank(trial, minimize=minimize)))[:_NUM_BEST])
    return _with_latest(trials, modelled, best, limit)


def shown_of_several(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection], *, limit: int = MAX_FINISHED
) -> list[FrozenTrial]:
    """Return the trials that a sampler with several objectives is shown, in the order given.

    Args:
        trials: All of them, oldest first; none was stopped early.
        directions: Which way each objective is better.
        limit: Finished trials that are shown: of those that keep to the study's limits the 25 first by non-domination
            (where they are fewer, then those that exceed them by least), and of the others the latest.
    """
    modelled = [trial for trial in trials if trial.state is OptunaState.COMPLETE]
    if len(modelled) <= limit:
        return list(trials)
    signs = [1.0 if direction is StudyDirection.MINIMIZE else -1.0 for direction in directions]
    exceeding = sorted((trial for trial in modelled if _excess(trial)), key=_excess)
    left = {
        trial.number: [sign * value for sign, value in zip(signs, trial.values, strict=True)]
        for trial in modelled
        if not _excess(trial)
    }
    best: list[int] = []
    while left and len(best) < _NUM_BEST:
        numbers = list(left)
        front = [numbers[place] for place in non_dominated(list(left.values()))]
        best += front
        left = {number: point for number, point in left.items() if number not in front}
    best += [trial.number for trial in exceeding[: max(0, _NUM_BEST - len(best))]]
    return _with_latest(trials, modelled, set(best[: limit // 2]), limit)


def _with_latest(
    trials: Sequence[FrozenTrial], modelled: Sequence[FrozenTrial], best: set[int], limit: int
) -> list[FrozenTrial]:
    """Return what runs, the best, and of the others the latest."""
    latest = [trial for trial in modelled if trial.number not in best][len(best) - limit :]
    kept = best | _numbers(latest)
    return [trial for trial in trials if not trial.state.is_finished() or trial.number in kept]


def _excess(trial: FrozenTrial) -> float:
    """Return by how much a trial exceeds the study's limits, all together; 0 where it keeps to them."""
    return sum(max(0.0, value) for value in trial.constraints.values())


def _numbers(trials: Iterable[FrozenTrial]) -> set[int]:
    return {trial.number for trial in trials}


def rank(trial: FrozenTrial, *, minimize: bool) -> tuple[bool, int, float]:
    """Return what sorts trials best first, as TPE does: complete ones by value, then stopped by last step.

    Args:
        trial: Complete or stopped.
        minimize: Whether a lower value is better.
    """
    is_pruned = trial.state is OptunaState.PRUNED
    step = max(trial.intermediate_values, default=-1) if is_pruned else 0
    value = trial.intermediate_values.get(step) if is_pruned else trial.value
    if value is None or math.isnan(value):
        return is_pruned, -step, math.inf
    return is_pruned, -step, value if minimize else -value
