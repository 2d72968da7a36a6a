"""Trials as a Ray Tune trainable: one actor trains one after another, or packs, keeping data and backbones loaded."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ray import tune

from study.adapters.patience import patiently
from study.adapters.tune.keys import (
    EPOCH,
    FAILURE,
    MEMBERS,
    OBJECTIVE,
    OUT_OF_MEMORY,
    OVER,
    PLANS,
    RECORD,
    TEST,
    TRACEBACK,
    TRIAL,
)
from study.adapters.tune.out_of_memory import is_out_of_memory
from study.adapters.tune.training import Training, training_of
from study.adapters.tune.worker_group import WorkerGroup
from study.learning.errors import TrainingError
from study.trial.materials import Materials
from study.trial.pack import Outcome
from study.values.plan import Purpose, TrialPlan
from study.values.problems import InputError

CHECKPOINT_INTERVAL_S = 15.0
"""Seconds of training that are worth a checkpoint."""


class TuneTrial(tune.Trainable):  # type: ignore[misc]
    """Runs trials of `study.trial` step by step; a step is an epoch.

    What goes wrong in a trial is reported as its last result rather than raised: the actor stays fit for the next
    trial, and only a death of the process or node, which Tune does see, is tried again. A trial goes on from the
    checkpoint that its plan names, never from one that Tune restores.
    """

    _materials: Materials
    _workers: WorkerGroup
    _plans: Sequence[TrialPlan]
    _training: Training | None
    _epochs: Iterator[Mapping[int, Outcome]] | None
    _saved_at: float

    def setup(self, config: dict[str, Any]) -> None:
        """Take the first trials."""
        self._materials = Materials()
        self._workers = WorkerGroup()
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take others in the same actor."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train one epoch."""
        # Here rather than when the actor is made or reset: whatever hangs, hangs in a trial that Tune knows to run.
        self._training = training = self._training or training_of(self._plans, self._materials, self._workers)
        self._epochs = self._epochs or training.epochs()
        members = {number: self._member(number, outcome) for number, outcome in next(self._epochs, {}).items()}
        done = not training.numbers
        for number, assessment in training.assessments.items():
            # Apart where it trained no epoch: it had its last behind it when it was interrupted.
            members.setdefault(number, {TRIAL: self._plans[number].folder})[TEST] = dict(assessment.scores)
        if done and not training.assessments and self._plans[0].purpose is Purpose.ASSESSMENT:
            for number, plan in enumerate(self._plans):
                member = members.setdefault(number, {TRIAL: plan.folder})
                member.update({} if FAILURE in member else {OVER: True})
        # An assessment's last checkpoint is what is exported, and others may go on from a searched trial's.
        is_wanted = self._plans[0].purpose is Purpose.ASSESSMENT or self._plans[0].has_heirs
        is_result = is_wanted and any(RECORD in each for each in members.values())
        is_due = time.monotonic() - self._saved_at > CHECKPOINT_INTERVAL_S
        return {
            MEMBERS: list(members.values()),
            "done": done,
            "should_checkpoint": (bool(training.assessments) or is_result) if done else is_due,
        }

    def drop(self, numbers: Sequence[int]) -> None:
        """Train some trials of a pack no further: the scheduler stopped them."""
        if self._training is not None:
            self._training.drop(numbers)

    def save(self, checkpoint_dir: str | None = None) -> Any:
        """Write a checkpoint and bring it to where Tune keeps them, which may be full or away for a while.

        Args:
            checkpoint_dir: Folder on this machine that it is written to first; a temporary one where not given.

        Raises:
            InputError: If it could not be written for two minutes (says why).
        """
        storage, write = self._storage, super().save
        index = None if storage is None else storage.current_checkpoint_index
        with tempfile.TemporaryDirectory() as temporary:

            def try_it() -> Any:
                if storage is not None:
                    storage.current_checkpoint_index = index  # in place of what the last try left, not beside it
                return write(checkpoint_dir or temporary)

            return patiently(try_it, f"the checkpoint of {self._plans[0].folder}")

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write a checkpoint."""
        assert self._training is not None, "only what trained asks for one"
        self._training.save(Path(checkpoint_dir))
        self._saved_at = time.monotonic()

    def cleanup(self) -> None:
        """Let go of the trials and the workers."""
        self._training = None
        self._workers.close()

    def _begin(self, config: dict[str, Any]) -> None:
        self._training = None  # first, so that two trials' models are never held at once
        self._epochs = None
        self._saved_at = time.monotonic()
        self._plans = [TrialPlan.model_validate_json(plan) for plan in config[PLANS]]
        self._introduce(config)

    def _introduce(self, config: dict[str, Any]) -> None:
        """Say what is going to be trained; here nobody listens."""

    def _member(self, number: int, outcome: Outcome) -> dict[str, Any]:
        what = {TRIAL: self._plans[number].folder}
        if isinstance(outcome, Exception):
            return {**what, **_describe(outcome)}
        return {
            **what,
            EPOCH: outcome.epoch,
            OBJECTIVE: outcome.objective,
            RECORD: outcome.model_dump_json(),
        }


def _describe(error: Exception) -> dict[str, Any]:
    """Return what a result says of an error: our own speak for themselves, others bring their traceback."""
    if isinstance(error, InputError | TrainingError):
        return {FAILURE: str(error)}
    found = {FAILURE: f"{type(error).__name__}: {error}", TRACEBACK: "".join(traceback.format_exception(error))}
    return {**found, OUT_OF_MEMORY: True} if is_out_of_memory(error) else found
