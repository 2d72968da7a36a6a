"""Running a study from wherever it stands, here or on a cluster that is reached from outside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from study.adapters.optuna_search import open_storage
from study.adapters.optuna_search.used_up_file import USED_UP_FILE
from study.adapters.patience import in_one_sentence
from study.adapters.progress import announce
from study.adapters.ray_cluster.scoring import score_in_tasks
from study.adapters.record_store import RecordStore
from study.adapters.tune.stopping import stop_on_signals
from study.adapters.tune.storage_probe import check_nodes_reach
from study.orchestration.cluster import check_fits
from study.orchestration.connection import connected
from study.orchestration.damage import mend_storage, set_damaged_aside
from study.orchestration.directory import LOG, StudyDirectory
from study.orchestration.facts import arm_facts
from study.orchestration.fresh import Fresh
from study.orchestration.kept_file import read_kept
from study.orchestration.remote_driver import drive, is_outside
from study.orchestration.run import Run
from study.orchestration.screening import searched_arms
from study.orchestration.warm_start_file import warm_start_of
from study.values.arm import Arm, build_arms
from study.values.plan import Purpose
from study.values.spec import StudySpec
from study.values.used_up import UsedUp

_NOTICE = "stopping; the scores of backbones that have them are kept"


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
        facts = {arm.id: arm_facts(arm, spec, root=root) for arm in build_arms(spec)}
        with connected(address):
            check_fits(spec.resources)
            check_nodes_reach(fresh.checkpoints)
            arms = _searched(directory, spec, root=root, records=records, say=say)
            told = [facts[arm.id] for arm in arms]
            warm = warm_start_of(
                directory,
                spec,
                list(zip(arms, told, strict=True)),
                root=root,
                has_begun=bool(records.read_all(Purpose.SEARCH)),
                say=say,
            )
            Run(spec, arms, told, fresh, records, guards=directory.guards(), warm=warm, quiet=quiet).go()


def _searched(
    directory: StudyDirectory, spec: StudySpec, *, root: Path, records: RecordStore, say: Callable[[str], None]
) -> tuple[Arm, ...]:
    """Return the arms that are searched, their backbones scored where the spec has them screened."""
    if spec.search.screening is None:
        return build_arms(spec)
    if spec.storage.url is not None:
        open_storage(spec.storage.url, directory.path)  # refused now rather than when all is scored
    begun = {record.plan.arm.id for record in records.read_all(Purpose.SEARCH)}
    with stop_on_signals(_NOTICE) as stop:
        scorer = partial(score_in_tasks, resources=spec.resources, stop=stop)
        arms = searched_arms(directory, spec, root=root, scorer=scorer, begun=begun, say=say)
    if stop.is_made:
        raise KeyboardInterrupt(stop.signal)
    return arms
