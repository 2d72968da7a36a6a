"""What is damaged in a study directory is set aside before a run and made anew, by the run or from what is whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from study.adapters.optuna_search import check_rebuildable, file_damage, rebuild_storage, storage_damage
from study.adapters.optuna_search.storage import FILE_NAME
from study.adapters.record_store import RecordStore
from study.learning.manifest import DamagedCheckpointError
from study.orchestration.directory import StudyDirectory
from study.values.arm import build_arms
from study.values.plan import Purpose
from study.values.problems import InputError, Problem
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState


def set_damaged_aside(directory: StudyDirectory, records: RecordStore, say: Callable[[str], None]) -> None:
    """Set aside every trial of which a record is damaged, and every assessment whose checkpoint is.

    The run trains them anew.

    Args:
        directory: The study directory, held by this process.
        records: Its records.
        say: Is told in a line what was set aside, and why.
    """
    for folder, error in records.damaged().items():
        place = directory.set_aside(folder)
        say(f"{error}; set aside to {place}, the trial is trained anew")
    for record in records.read_all(Purpose.ASSESSMENT):
        if record.state is TrialState.COMPLETE and record.checkpoint is not None:
            try:
                directory.check(record.checkpoint)
            except DamagedCheckpointError as error:
                place = directory.set_aside(record.plan.folder)
                say(f"{error}; set aside to {place}, the assessment is trained anew")


def mend_storage(directory: StudyDirectory, spec: StudySpec, records: RecordStore, say: Callable[[str], None]) -> None:
    """Set Optuna's database aside where it is damaged, and make it again from the records and what was asked for.

    Args:
        directory: The study directory, held by this process.
        spec: The study's. A database elsewhere is none of ours to mend.
        records: Its records, none of them damaged.
        say: Is told in a line what was done, and why.

    Raises:
        InputError: If it cannot be made again (says what is damaged, and what is missing).
    """
    if spec.storage.url is not None:
        return
    arms, searched = build_arms(spec), records.read_all(Purpose.SEARCH)
    found = storage_damage(directory.path, spec.name, arms, searched)
    if found is None:
        return
    file = str(directory.path / FILE_NAME)
    try:
        check_rebuildable(directory.path, spec.name, searched)
    except InputError as error:
        raise InputError([Problem(message=found, file=file), *error.problems]) from None
    # With its journal, which would be taken for that of the new one.
    parts = [name for name in (FILE_NAME, f"{FILE_NAME}-journal") if (directory.path / name).exists()]
    places = [directory.set_aside(name) for name in parts]
    rebuild_storage(directory.path, spec.name, arms, spec.search.objectives)
    aside = f"set aside to {places[0]}, " if places else ""
    say(f"{file}: {found}; {aside}made again from the records")


def check_storage(directory: StudyDirectory, spec: StudySpec, records: Sequence[TrialRecord]) -> None:
    """Refuse a database file that is damaged or gone, for who only reads: an empty one would take its place.

    Raises:
        InputError: Naming it, and what to do.
    """
    found = file_damage(directory.path) if spec.storage.url is None and records else None
    if found is not None:
        remedy = f"`study resume {directory.location}` makes it again from the records"
        raise InputError(Problem(message=f"{found}; {remedy}", file=str(directory.path / FILE_NAME)))
