"""The trainable as it runs in a study: it says, wherever Ray shows an actor, which trial it trains now."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ray._raylet import setproctitle  # type: ignore[attr-defined]

from study.adapters.ray_metrics import WorkerMetrics
from study.adapters.trial_log import WorkerLog
from study.adapters.trial_log.lines import trial_name
from study.adapters.tune.keys import FAILURE, MEMBERS, RECORD, STUDY, TRACEBACK, TRIAL
from study.adapters.tune.trainable import TuneTrial
from study.values.records import EpochRecord

_LOG_PREFIX = ":actor_name:"
"""A line that begins so changes what Ray puts before an actor's output from there on."""


class StudyTrial(TuneTrial):
    """Trains trials one after another, and logs, counts and names what it does.

    Ray keeps the `repr` that an actor has when it is created for all its life, while an actor here goes on from trial
    to trial: so the repr names the trial the actor began with, and says so. What can change does: the log prefix, the
    trial's name on every line of the log, and the process title while a step runs.
    """

    _began_with = ""
    _name: str
    _logs: Mapping[str, WorkerLog] = MappingProxyType({})
    """By the trial's folder, as its metrics."""
    _metrics: Mapping[str, WorkerMetrics]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._began_with})"

    def step(self) -> dict[str, Any]:
        """Train one epoch."""
        # Ray names the process after the actor's class and method again when the step is over.
        setproctitle(f"ray::{type(self).__name__} {self._name}")
        result = super().step()
        for outcome in result[MEMBERS]:
            if RECORD in outcome:
                record = EpochRecord.model_validate_json(outcome[RECORD])
                self._logs[outcome[TRIAL]].epoch(record)
                self._metrics[outcome[TRIAL]].epoch(record)
            if FAILURE in outcome:
                self._logs[outcome[TRIAL]].failed(outcome[FAILURE], outcome.get(TRACEBACK))
        return result

    def cleanup(self) -> None:
        """Let go of the last trials."""
        self._leave()
        super().cleanup()

    def _introduce(self, config: dict[str, Any]) -> None:
        self._leave()
        plans = self._plans
        self._name = trial_name(plans[0]) + (f" and {len(plans) - 1} more" if len(plans) > 1 else "")
        self._began_with = self._began_with or f"{config[STUDY]}, first trial {self._name}"
        for stream in (sys.stdout, sys.stderr):
            print(f"{_LOG_PREFIX}{self._name}", file=stream, flush=True)
        self._logs = {plan.folder: WorkerLog(plan) for plan in plans}
        self._metrics = {plan.folder: WorkerMetrics(config[STUDY], plan) for plan in plans}

    def _leave(self) -> None:
        for log in self._logs.values():
            log.left()
