"""The median stopping rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import fmean, median
from typing import Any

from ray.tune.schedulers import FIFOScheduler

from study.adapters.tune.keys import EPOCH, OBJECTIVE

MIN_ENDED = 3
"""Trials that must have ended before any is stopped: a median of fewer says little."""


class MedianRule(FIFOScheduler):  # type: ignore[misc]
    """Stops a trial whose best objective up to an epoch is worse than the median, over the trials that have ended, of
    the mean of their objectives up to that epoch (Golovin et al., 2017, "Google Vizier", section 3.2.2).

    Those that were stopped have ended too, and count with what they reported until then. Ray's own rule counts trials
    that still run, and pauses some.
    """

    def __init__(self, *, maximize: bool, epochs: int, grace_epochs: int) -> None:
        """Begin without trials.

        Args:
            maximize: Whether a higher objective is better.
            epochs: Of a whole trial.
            grace_epochs: No trial is stopped before it has trained that many.
        """
        super().__init__()
        self._sign = 1 if maximize else -1
        self._epochs = epochs
        self._grace_epochs = grace_epochs
        self._values: dict[str, dict[int, float]] = {}
        """Objectives by epoch, higher being better, by trial."""
        self._ended: set[str] = set()

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Begin to follow a trial."""
        self._values.setdefault(trial.trial_id, {})

    def on_trial_result(self, tune_controller: Any, trial: Any, result: Mapping[str, Any]) -> str:
        """Say whether a trial goes on after an epoch."""
        values, epoch = self._values[trial.trial_id], result[EPOCH]
        if math.isfinite(result[OBJECTIVE]):
            values[epoch] = self._sign * result[OBJECTIVE]
        if epoch >= self._epochs:
            self._ended.add(trial.trial_id)
            return str(self.STOP)
        if epoch < self._grace_epochs:
            return str(self.CONTINUE)
        means = [
            mean for other in self._ended - {trial.trial_id} if (mean := _mean(self._values[other], epoch)) is not None
        ]
        is_worse = len(means) >= MIN_ENDED and max(values.values(), default=-math.inf) < median(means)
        return str(self.STOP if is_worse else self.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: Mapping[str, Any]) -> None:
        """Let a trial count for the others from now on."""
        self._ended.add(trial.trial_id)


def _mean(values: Mapping[int, float], epoch: int) -> float | None:
    reported = [value for number, value in values.items() if number <= epoch]
    return fmean(reported) if reported else None
