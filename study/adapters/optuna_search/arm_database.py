"""One arm's Optuna study in the durable storage: written by this process alone, and read when it is opened."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import optuna
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.batching_storage import BatchingStorage, together
from study.adapters.optuna_search.quiet import quiet_optuna
from study.adapters.patience import patiently
from study.values.problems import InputError

IDENTITY = "identity"
"""User attribute of the Optuna study: the spec's identity."""

_EPOCHS_WAIT_S = 2.0
"""Seconds for which an epoch may wait for others to be written with. A process that dies meanwhile has it on record."""


class ArmDatabase:
    """What is kept of an arm's trials. A trial is written whole, in one transaction, before it is handed out."""

    def __init__(self, storage: BaseStorage, name: str, directions: Sequence[StudyDirection]) -> None:
        """Make the Optuna study, or find it.

        Args:
            storage: Where it is kept.
            name: Optuna's name of the study.
            directions: Of its objectives.
        """
        self._storage = storage
        self._name = name
        with quiet_optuna():
            self._study = optuna.create_study(
                study_name=name, storage=storage, directions=directions, load_if_exists=True
            )
        self._study_id = storage.get_study_id_from_name(name)
        self._ids: dict[int, int] = {}
        self._what = f"Optuna's trial of {name}"
        self._unwritten: list[tuple[int, int, float]] = []
        self._written_at = -math.inf

    def claim(self, identity: str, name: str) -> None:
        """Mark the Optuna study as that of a spec.

        Args:
            identity: The spec's.
            name: The spec's, for the message.

        Raises:
            InputError: If another spec has marked it.
        """
        known = self._study.user_attrs.get(IDENTITY)
        if known is None:
            self._study.set_user_attr(IDENTITY, identity)
        elif known != identity:
            raise InputError(
                f"the storage holds another study called {name!r} (its spec differs); "
                "choose another name or another storage"
            )

    def read(self) -> list[FrozenTrial]:
        """Return the trials, by number."""
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        for trial in trials:
            self._ids[trial.number] = trial._trial_id
        return trials

    def add(self, trial: FrozenTrial) -> int:
        """Write a new trial down and return its number."""
        number = patiently(lambda: self._create(trial), self._what)
        asked = self._storage.asked if isinstance(self._storage, BatchingStorage) else None
        if asked is not None:
            patiently(lambda: asked.append(self._name, number, trial), self._what)
        return number

    def _create(self, trial: FrozenTrial) -> int:
        trial_id = self._storage.create_new_trial(self._study_id, template_trial=trial)
        number = self._storage.get_trial_number_from_id(trial_id)
        self._ids[number] = trial_id
        return number

    def report(self, number: int, epoch: int, value: float) -> None:
        """Write down the objective after an epoch: at once, or with the next write if the last was just now."""
        self._unwritten.append((self._ids[number], epoch, value))
        if time.monotonic() - self._written_at >= _EPOCHS_WAIT_S:
            self.flush()

    def flush(self) -> None:
        """Write down the epochs that wait."""
        patiently(self._flush, self._what)

    def _flush(self) -> None:
        with together(self._storage):
            self._write_epochs()
        self._epochs_are_written()

    def finish(
        self,
        number: int,
        state: OptunaState,
        values: Sequence[float] | None,
        attributes: Mapping[str, str],
        constraints: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Write down how a trial ended.

        Args:
            number: The trial's.
            state: Its last.
            values: What it is compared by, where there is such.
            attributes: User attributes that its end brought.
            constraints: Optuna's constraints, by name: above 0 where it exceeds one.
        """
        patiently(lambda: self._finish(number, state, values, attributes, constraints), self._what)

    def _finish(
        self,
        number: int,
        state: OptunaState,
        values: Sequence[float] | None,
        attributes: Mapping[str, str],
        constraints: Mapping[str, float],
    ) -> None:
        with together(self._storage):
            self._write_epochs()
            for key, value in attributes.items():
                self._storage.set_trial_user_attr(self._ids[number], key, value)
            for key, excess in constraints.items():
                # Read through `FrozenTrial.constraints`; written so by Optuna's `Trial.set_constraint`.
                self._storage.set_trial_system_attr(self._ids[number], f"constraints:{key}", excess)
            self._storage.set_trial_state_values(self._ids[number], state, values)
        self._epochs_are_written()

    def _write_epochs(self) -> None:
        for trial_id, epoch, value in self._unwritten:
            self._storage.set_trial_intermediate_value(trial_id, epoch, value)

    def _epochs_are_written(self) -> None:
        self._unwritten = []
        self._written_at = time.monotonic()
