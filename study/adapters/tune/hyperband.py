"""Hyperband: several brackets of successive halving, of which the later ones let more epochs pass before they stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ray.tune.schedulers import FIFOScheduler, TrialScheduler


class Hyperband(FIFOScheduler):  # type: ignore[misc]
    """Gives each trial to a bracket by its number in the arm, and lets that decide.

    Which brackets there are, and how many trials each gets, follows Li et al. (2018, algorithm 1). Each is
    asynchronous, as successive halving is in Li et al. (2020, algorithm 2), so that no trial is held up for others.
    """

    def __init__(self, graces: tuple[float, ...], turns: tuple[int, ...], open_bracket: Callable[[float], Any]) -> None:
        """Open the brackets.

        Args:
            graces: Of each bracket the epochs before which it stops nothing.
            turns: Brackets of successive trials, over and over.
            open_bracket: Makes the scheduler of a bracket with some grace.
        """
        super().__init__()
        self._brackets = [open_bracket(grace) for grace in graces]
        self._turns = turns
        self._of: dict[str, TrialScheduler] = {}

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Give a trial to its bracket."""
        bracket = self._brackets[self._turns[trial.arm_number % len(self._turns)]]
        self._of[trial.trial_id] = bracket
        bracket.on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: Mapping[str, Any]) -> str:
        """Let the trial's bracket decide."""
        return str(self._of[trial.trial_id].on_trial_result(tune_controller, trial, result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: Mapping[str, Any]) -> None:
        """Pass on."""
        self._of[trial.trial_id].on_trial_complete(tune_controller, trial, result)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """Pass on."""
        self._of[trial.trial_id].on_trial_remove(tune_controller, trial)


def bracket_graces(epochs: int, grace_epochs: int, factor: float) -> tuple[float, ...]:
    """Return the epochs after which each bracket stops its first trials: R eta^-s, for s from the largest down to 0.

    Args:
        epochs: R, of a whole trial.
        grace_epochs: The least.
        factor: eta.
    """
    graces = [float(epochs)]
    while graces[-1] / factor >= grace_epochs - 1e-9:
        graces.append(graces[-1] / factor)
    return tuple(reversed(graces))


def bracket_turns(num_brackets: int, factor: float) -> tuple[int, ...]:
    """Return which bracket each trial of a round goes to.

    Of the bracket that begins at s a round has ceil((s_max + 1) / (s + 1) eta^s) trials (algorithm 1). They take turns
    in that proportion, so that a search that ends within a round has used all brackets.

    Args:
        num_brackets: s_max + 1.
        factor: eta.
    """
    sizes = [math.ceil(num_brackets / (s + 1) * factor**s - 1e-9) for s in reversed(range(num_brackets))]
    turns: list[int] = []
    for number in range(1, sum(sizes) + 1):
        owed = [size * number / sum(sizes) - turns.count(bracket) for bracket, size in enumerate(sizes)]
        turns.append(owed.index(max(owed)))
    return tuple(turns)
