"""Trials that take longer than they may: their process is ended, whatever it is doing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ray
from ray.tune import Callback

from study.adapters.tune.keys import MEMBERS
from study.adapters.tune.phase import Phases


class TimeLimit(Callback):  # type: ignore[misc]
    """Kills the actor of a trial that has run out of time; a process that hangs hears nothing gentler."""

    def __init__(self, phases: Phases, limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch the trials of a sweep.

        Args:
            phases: Whose retries are told of what was killed.
            limit_s: Seconds that a trial, or a pack, may take from the moment it has a process.
            clock: Seconds.
        """
        self._phases = phases
        self._limit_s = limit_s
        self._clock = clock
        self._running: dict[str, tuple[Any, float]] = {}

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note when it began."""
        self._running[trial.trial_id] = trial, self._clock()

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Forget it."""
        self._running.pop(trial.trial_id, None)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Forget it."""
        self._running.pop(trial.trial_id, None)

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """End what has run out of time."""
        now = self._clock()
        late = [trial for trial, began in self._running.values() if now - began > self._limit_s]
        for trial in late:
            del self._running[trial.trial_id]
            self._phases.current.retries.ran_out_of_time(trial.config[MEMBERS], self._limit_s)
            ray.kill(trial.temporary_state.ray_actor)
