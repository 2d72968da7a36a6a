"""A trial as a Ray Tune trainable: one actor trains one trial after another, keeping data and backbones loaded."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ray import tune

from study.adapters.remote.fetching import with_checkpoint_here
from study.adapters.tune.keys import EPOCH, FAILURE, OBJECTIVE, PLAN, RECORD, TEST, TRACEBACK
from study.adapters.tune.peer_errors import WorkerLostError
from study.adapters.tune.worker_group import WorkerGroup
from study.learning.errors import TrainingError
from study.learning.ranks import Ranks
from study.trial.assessment import score_test
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.plan import Purpose, TrialPlan
from study.values.problems import InputError
from study.values.records import EpochRecord

CHECKPOINT_INTERVAL_S = 15.0
"""Seconds of training that are worth a checkpoint."""


class TuneTrial(tune.Trainable):  # type: ignore[misc]
    """Runs `study.trial.Trial` step by step; a step is an epoch.

    What goes wrong in a trial is reported as its last result rather than raised: the actor stays fit for the next
    trial, and only a death of the process or node, which Tune does see, is tried again.
    """

    _materials: Materials
    _workers: WorkerGroup
    _trial: Trial | None
    _epochs: Iterator[EpochRecord] | None
    _failure: dict[str, str] | None
    _saved_at: float

    def setup(self, config: dict[str, Any]) -> None:
        """Prepare the first trial."""
        self._materials = Materials()
        self._workers = WorkerGroup()
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Prepare another trial in the same actor."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train one epoch."""
        if self._failure is None:
            try:
                return self._advance()
            except WorkerLostError:
                raise  # like the death of this process: Tune tries the trial again, from its checkpoint
            except Exception as error:
                self._failure = _describe(error)
        return {**self._failure, "done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write a checkpoint."""
        assert self._trial is not None, "only a trial that trained asks for one"
        self._trial.save(Path(checkpoint_dir))
        self._saved_at = time.monotonic()

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Go on from a checkpoint, after the node or process died."""
        if self._trial is None:
            return
        try:
            self._trial.load(Path(checkpoint))
        except Exception as error:
            self._failure = _describe(error)

    def cleanup(self) -> None:
        """Let go of the trial and its workers."""
        self._trial = None
        self._workers.close()

    def _begin(self, config: dict[str, Any]) -> None:
        self._trial = None
        self._epochs = None
        self._failure = None
        self._saved_at = time.monotonic()
        try:
            with with_checkpoint_here(TrialPlan.model_validate_json(config[PLAN])) as plan:
                self._trial = Trial(plan, self._materials, Ranks(size=plan.num_workers))
        except Exception as error:
            self._failure = _describe(error)

    def _advance(self) -> dict[str, Any]:
        assert self._trial is not None, "a trial that could not be set up has failed"
        if self._epochs is None:
            self._epochs = self._workers.epochs(self._trial)
        record = next(self._epochs)
        done = record.epoch == self._trial.plan.epochs
        is_assessment = self._trial.plan.purpose is Purpose.ASSESSMENT
        result: dict[str, Any] = {
            EPOCH: record.epoch,
            OBJECTIVE: record.objective,
            RECORD: record.model_dump_json(),
            "done": done,
            # An assessment's last checkpoint is what is exported.
            "should_checkpoint": (done and is_assessment)
            or (not done and time.monotonic() - self._saved_at > CHECKPOINT_INTERVAL_S),
        }
        if done and is_assessment:
            result[TEST] = score_test(self._trial)
        return result


def _describe(error: Exception) -> dict[str, str]:
    """Return what a result says of an error: our own speak for themselves, others bring their traceback."""
    if isinstance(error, InputError | TrainingError):
        return {FAILURE: str(error)}
    return {FAILURE: f"{type(error).__name__}: {error}", TRACEBACK: "".join(traceback.format_exception(error))}
