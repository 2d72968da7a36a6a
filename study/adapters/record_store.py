"""The record store: every trial of a study directory, as far as it has come."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from study.adapters.patience import patiently
from study.adapters.records.epochs_file import EpochsFile
from study.adapters.records.trial_file import TRIAL_FILE, read_trial, write_trial
from study.adapters.watcher import Watcher
from study.values.plan import Purpose, TrialPlan
from study.values.problems import InputError, Problem
from study.values.records import EpochRecord, TrialRecord

_EPOCHS_FILE = "epochs.jsonl"
_TOP_FOLDERS = ("trials", "assessments")


class RecordStore:
    """Writes and reads records: `<plan.folder>/trial.json` is replaced whole, `epochs.jsonl` beside it grows.

    One process writes; others may read at the same time.
    """

    def __init__(self, directory: Path, *, location: str | None = None) -> None:
        """Open a store.

        Args:
            directory: The study directory; need not exist yet.
            location: How the directory is named to people; its path where not given.
        """
        self._directory = directory.resolve()
        self._location = location or str(self._directory)

    def write(self, record: TrialRecord) -> None:
        """Write down all of a record but its epochs, after those that were appended before."""
        folder = self._folder(record.plan.folder)
        folder.mkdir(parents=True, exist_ok=True)
        # A record that says it is complete must not reach the disk before its last epoch does.
        EpochsFile(folder / _EPOCHS_FILE).sync()
        write_trial(folder, record)

    def append(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Write down an epoch of a trial."""
        folder = self._folder(plan.folder)
        folder.mkdir(parents=True, exist_ok=True)
        EpochsFile(folder / _EPOCHS_FILE).append(epoch)

    def read(self, folder: str) -> TrialRecord:
        """Return the record in a folder.

        Args:
            folder: A plan's folder, relative to the study directory.

        Raises:
            InputError: If there is no record, it is damaged (names the file), or the folder lies elsewhere.
        """
        return _read(self._folder(folder))

    def read_all(
        self, purpose: Purpose | None = None, *, known: Mapping[str, TrialRecord] | None = None
    ) -> list[TrialRecord]:
        """Return all records, by trial number; assessments after the trial they retrain, by repeat.

        Args:
            purpose: Only records of trials with that purpose; all where None.
            known: Records by folder that are taken as they are, without reading them again.

        Raises:
            InputError: If any are damaged (names every file).
        """
        found: list[TrialRecord] = []
        problems: list[Problem] = []
        for top in _TOP_FOLDERS:
            for folder in _trial_folders(self._directory / top):
                name = folder.relative_to(self._directory).as_posix()
                try:
                    found.append(known[name] if known and name in known else _read(folder))
                except InputError as error:
                    problems.extend(error.problems)
        if problems:
            remedy = f"`study resume {self._location}` sets it aside and trains the trial anew"
            raise InputError([replace(problem, message=f"{problem.message}; {remedy}") for problem in problems])
        return sorted((record for record in found if purpose in (None, record.plan.purpose)), key=_order)

    def damaged(self) -> dict[str, InputError]:
        """Return what is wrong with records, by folder relative to the study directory; for who is about to write."""
        found = {}
        for top in _TOP_FOLDERS:
            # Epochs alone are what a lost trial.json leaves.
            for folder in _trial_folders(self._directory / top, marks={TRIAL_FILE, _EPOCHS_FILE}):
                try:
                    _read(folder)
                except InputError as error:
                    found[folder.relative_to(self._directory).as_posix()] = error
        return found

    def _folder(self, name: str) -> Path:
        folder = (self._directory / name).resolve()
        if folder == self._directory or not folder.is_relative_to(self._directory):
            allowed = f"a folder inside {self._directory}"
            raise InputError(Problem(message=f"{name!r} is no place for a record; it must be {allowed}"))
        return folder


class RecordKeeper(Watcher):
    """Writes down everything that happens to trials."""

    def __init__(self, store: RecordStore) -> None:
        """Keep records in `store`."""
        self._store = store

    def on_start(self, record: TrialRecord) -> None:
        """Write down that a trial runs."""
        self._write(record)

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Write down an epoch."""
        patiently(lambda: self._store.append(plan, epoch), f"the record of {plan.folder}")

    def on_checkpoint(self, record: TrialRecord) -> None:
        """Write down where the last checkpoint lies."""
        self._write(record)

    def on_end(self, record: TrialRecord) -> None:
        """Write down how a trial ended."""
        self._write(record)

    def _write(self, record: TrialRecord) -> None:
        patiently(lambda: self._store.write(record), f"the record of {record.plan.folder}")


def _read(folder: Path) -> TrialRecord:
    written, file = read_trial(folder), EpochsFile(folder / _EPOCHS_FILE)
    epochs = file.read(after=written.plan.epochs_before)
    if len(epochs) < written.num_epochs:
        said = f"has {len(epochs)} epochs, but {TRIAL_FILE} says {written.num_epochs}; the file was damaged"
        raise InputError(Problem(message=said, file=str(file.path)))
    return written.record().model_copy(update={"epochs": epochs})


def _trial_folders(top: Path, marks: Collection[str] = (TRIAL_FILE,)) -> Iterator[Path]:
    for place, folders, files in os.walk(top):
        if not set(marks).isdisjoint(files):
            folders.clear()  # what lies below, a checkpoint, is no record
            yield Path(place)


def _order(record: TrialRecord) -> tuple[int, bool, int, str, str]:
    plan = record.plan
    variant = plan.variant.label if plan.variant is not None else ""
    return plan.number, plan.purpose is Purpose.ASSESSMENT, plan.repeat, variant, plan.arm.id
