"""Running a study from wherever it stands, here or on a cluster that is reached from outside."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from study.adapters.optuna_search.used_up_file import USED_UP_FILE
from study.adapters.patience import in_one_sentence
from study.adapters.progress import announce
from study.adapters.record_store import RecordStore
from study.orchestration.damage import mend_storage, set_damaged_aside
from study.orchestration.directory import LOG, StudyDirectory
from study.orchestration.facts import arm_facts
from study.orchestration.fresh import Fresh
from study.orchestration.kept_file import read_kept
from study.orchestration.remote_driver import drive, is_outside
from study.orchestration.run import Run
from study.orchestration.screening import searched_arms
from study.orchestration.warm_start_file import warm_start_of
from study.values.plan import Purpose
from study.values.spec import StudySpec
from study.values.used_up import UsedUp


def run_study(
    directory: StudyDirectory,
    spec: StudySpec,
    *,
    root: Path,
    fresh: Fresh,
    records: RecordStore,
    address: str | None,
    quiet: bool,
) -> None:
    """Mend what is damaged, then search every arm and assess what was selected.

    Args:
        directory: The study directory.
        spec: The study's.
        root: Folder that relative paths and own modules are looked for in.
        fresh: Where it runs now.
        records: Its records.
        address: Of a Ray cluster; a local Ray where None.
        quiet: Show no progress.

    Raises:
        InputError: As `Study.run`.
    """
    if address is not None and is_outside(address):
        drive(spec, directory.location, root=root, address=address, quiet=quiet)
        directory.replace(spec, root)  # the cluster's copy of the root goes with its connection
        return
    with in_one_sentence(directory.location), directory.locked():
        say = partial(announce, log=directory.path / LOG, quiet=quiet)
        set_damaged_aside(directory, records, say)
        mend_storage(directory, spec, records, say)
        read_kept(directory, USED_UP_FILE, UsedUp, say=say)  # sets it aside; the search finds it out again
        arms = searched_arms(directory, spec, root=root, say=say, quiet=quiet)
        facts = [arm_facts(arm, spec, root=root) for arm in arms]
        warm = warm_start_of(
            directory,
            spec,
            list(zip(arms, facts, strict=True)),
            root=root,
            has_begun=bool(records.read_all(Purpose.SEARCH)),
            say=say,
        )
        run = Run(spec, arms, facts, fresh, records, guards=directory.guards(), warm=warm, quiet=quiet)
        run.go(address)
