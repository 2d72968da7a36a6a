"""Whether the SQLite file of a study can be believed, and the same file made again where it cannot."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.asked_file import ASKED_FILE, NUMBER, Asked, AskedFile, asked_of
from study.adapters.optuna_search.goals import directions_of
from study.adapters.optuna_search.quiet import quiet_optuna
from study.adapters.optuna_search.storage import FILE_NAME, open_storage
from study.values.arm import Arm
from study.values.metric_names import Cost
from study.values.problems import InputError, Problem
from study.values.records import TrialRecord
from study.values.states import TrialState

_WAIT_S = 60.0
_NOT_ITS_FAULT = ("locked", "unable to open", "disk I/O", "readonly")
"""What SQLite says where a file cannot be had, whatever is in it."""


def file_damage(directory: Path) -> str | None:
    """Return what is wrong with the SQLite file as a file; None if nothing is.

    SQLite has no checksums: a value that changed within a page is not seen here.

    Args:
        directory: The study directory.
    """
    path = directory / FILE_NAME
    if not path.is_file() or not path.stat().st_size:
        return "is empty" if path.is_file() else "is missing"
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S)) as connection:
            [(found, *_), *_] = connection.execute("PRAGMA integrity_check").fetchall()
    except (sqlite3.DatabaseError, UnicodeError) as error:  # the check names what it found by text that may be damaged
        if any(reason in str(error) for reason in _NOT_ITS_FAULT):
            raise InputError(Problem(message=f"cannot be read: {error}", file=str(path))) from None
        return f"is damaged ({error})"
    return None if found == "ok" else f"is damaged ({str(found).splitlines()[0]})"


def storage_damage(directory: Path, study: str, arms: Sequence[Arm], records: Sequence[TrialRecord]) -> str | None:
    """Return what is wrong with the SQLite file, by itself or against what is written beside it; None if nothing is.

    Where it is sound, it and what is written beside it are brought up to each other.

    Args:
        directory: The study directory, held by this process.
        study: The study's name.
        arms: Its arms.
        records: Of its searched trials.
    """
    asked = _asked(directory)
    found = file_damage(directory)
    if found is not None:
        return found if records or asked else None
    try:
        storage = open_storage(None, directory)
        trials = {name: _trials(storage, name) for name in (f"{study}/{arm.id}" for arm in arms)}
        _bring_up(storage, trials, asked or {})
        difference = _difference(trials, asked or {}, records, study)
    except Exception as error:  # whatever a changed byte makes Optuna and its database trip over
        return f"cannot be read ({type(error).__name__}: {str(error).partition(chr(10))[0]})"
    if difference is None and not _covers(asked, trials):
        AskedFile(directory / ASKED_FILE).replace(trials)
    return difference


def rebuild_storage(directory: Path, study: str, arms: Sequence[Arm], objectives: Sequence[Cost] = ()) -> None:
    """Make the SQLite file, which is not there, with every trial that was asked for; the records say what came of them.

    Args:
        directory: The study directory, held by this process.
        study: The study's name.
        arms: Its arms.
        objectives: Costs that it minimises beside the metric.
    """
    asked = AskedFile(directory / ASKED_FILE).read()
    with quiet_optuna():
        for arm in arms:
            known = asked.get(f"{study}/{arm.id}", {})
            directions = directions_of(arm, objectives)
            storage = open_storage(None, directory)
            optuna.create_study(study_name=f"{study}/{arm.id}", storage=storage, directions=directions)
            study_id = storage.get_study_id_from_name(f"{study}/{arm.id}")
            for number in range(1 + max(known, default=-1)):
                # A number that is missing was asked for by somebody else.
                storage.create_new_trial(study_id, known.get(number) or create_trial(state=OptunaState.FAIL))


def check_rebuildable(directory: Path, study: str, records: Iterable[TrialRecord]) -> None:
    """Make sure that all trials on record are among those written down as asked for.

    Raises:
        InputError: If they are not, or that file is damaged too (names it).
    """
    asked = AskedFile(directory / ASKED_FILE).read()
    missing = [
        record.plan.number
        for record in records
        if record.plan.arm_number not in asked.get(f"{study}/{record.plan.arm.id}", {})
    ]
    if missing:
        listed = ", ".join(map(str, missing[:10]))
        said = f"does not have trials {listed} ({len(missing)} in all), so {FILE_NAME} cannot be rebuilt from it"
        remedy = f"put {FILE_NAME} back from a copy of the study directory"
        raise InputError(Problem(message=f"{said}; {remedy}", file=str(directory / ASKED_FILE)))


def _asked(directory: Path) -> Asked | None:
    """Return what was asked; None where that file is damaged, which the database, if sound, makes up for."""
    try:
        return AskedFile(directory / ASKED_FILE).read()
    except InputError:
        return None


def _trials(storage: BaseStorage, name: str) -> dict[int, FrozenTrial]:
    known = {study.study_name: study._study_id for study in storage.get_all_studies()}
    if name not in known:
        return {}
    return {trial.number: trial for trial in storage.get_all_trials(known[name], deepcopy=False)}


def _bring_up(storage: BaseStorage, trials: Mapping[str, dict[int, FrozenTrial]], asked: Asked) -> None:
    """Add the trials that were asked for last and that a database lacks which is an upload behind."""
    ids = {found.study_name: found._study_id for found in storage.get_all_studies()}
    for name, known in trials.items():
        missing = sorted(asked.get(name, {}).keys() - known.keys())
        if name in ids and missing == list(range(len(known), len(known) + len(missing))):
            for number in missing:
                storage.create_new_trial(ids[name], asked[name][number])
                known[number] = asked[name][number]


def _difference(
    trials: Mapping[str, Mapping[int, FrozenTrial]], asked: Asked, records: Sequence[TrialRecord], study: str
) -> str | None:
    for name, known in asked.items():
        for number, trial in known.items():
            found = trials.get(name, {}).get(number)
            if found is None or asked_of(found) != asked_of(trial):
                return f"does not have trial {number} of {name} as it was asked for"
    for record in records:
        name = f"{study}/{record.plan.arm.id}"
        found = trials.get(name, {}).get(record.plan.arm_number)
        if found is None or found.user_attrs.get(NUMBER) != record.plan.number:
            return f"does not know trial {record.plan.number}"
        if not _agrees(found, record):
            return f"says otherwise of trial {record.plan.number} than its record"
    return None


def _agrees(trial: FrozenTrial, record: TrialRecord) -> bool:
    told = {epoch.epoch: epoch.objective for epoch in record.epochs}
    if not all(_same(value, told.get(epoch, value)) for epoch, value in trial.intermediate_values.items()):
        return False
    if not trial.state.is_finished() or not record.state.is_final:
        return True  # one of the two was not told yet
    ends = {TrialState.COMPLETE: OptunaState.COMPLETE, TrialState.PRUNED: OptunaState.PRUNED}
    objective = record.objective
    if record.state is TrialState.COMPLETE and objective is not None and math.isfinite(objective):
        return trial.state is OptunaState.COMPLETE and _same(trial.values[0], objective)
    if trial.state is OptunaState.PRUNED and trial.values is not None and record.epochs:
        return record.state is TrialState.PRUNED and _same(trial.values[0], record.objectives[-1])
    # Without a finite objective a complete trial is told as failed.
    return trial.state in (ends.get(record.state), OptunaState.FAIL)


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _covers(asked: Asked | None, trials: Mapping[str, Mapping[int, FrozenTrial]]) -> bool:
    return asked is not None and all(
        number in asked.get(name, {}) for name, known in trials.items() for number in known
    )
