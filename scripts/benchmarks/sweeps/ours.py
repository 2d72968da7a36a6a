"""The sweep as a study runs it: storage, records, TensorBoard and all; only the training is left out."""

from __future__ import annotations

import time
from pathlib import Path

from study.adapters.checkpoint_shelf import CheckpointShelf, LocalCheckpoints
from study.adapters.ledger import Ledger
from study.adapters.optuna_search import SearchSource, open_storage
from study.adapters.record_store import RecordKeeper, RecordStore
from study.adapters.tensorboard import TensorBoardWatcher
from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.phase import Phase
from study.adapters.tune.retries import Retries
from study.adapters.tune.sweep import run_sweep
from study.adapters.watcher import Watcher
from study.orchestration.cluster import Rooms
from study.values.arm import build_arms
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from sweeps.case import Case
from sweeps.sleeping import sleeping_for
from sweeps.space import facts_of


class Ends(Watcher):
    """Notes when trials end."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def on_end(self, record: TrialRecord) -> None:
        self.at.append(time.monotonic())


def sweep(case: Case, directory: Path) -> list[float]:
    """Run the case's trials and return when each ended, on the monotonic clock."""
    spec = StudySpec.model_validate(
        {
            "name": "scale",
            "protocols": ["fine_tuning"],
            "backbones": ["resnet18"],
            "tasks": [{"name": "a", "data": "digits"}],
            # No trial is stopped early: each is to take its own time.
            "search": {"trials": case.trials, "scheduler": {"kind": "none"}},
            "budget": {"epochs": case.epochs},
            "resources": {"trials_per_pack": 1},
        }
    )
    arms, checkpoints = build_arms(spec), LocalCheckpoints(directory)
    source = SearchSource(
        spec,
        [(arm, facts_of(arm)) for arm in arms],
        storage=open_storage(None, directory),
        earlier={},
        root=directory,
        checkpoints=checkpoints,
        cache_dir=str(directory / "cache"),
    )
    ends, board = Ends(), TensorBoardWatcher(directory, arms)
    ledger = Ledger(source, [RecordKeeper(RecordStore(directory)), board, ends])
    brackets = ArmBrackets(spec.search, arms, epochs=spec.budget.epochs, known_epochs=ledger.epochs)
    retries = Retries(ledger, checkpoints, spec.resources.max_failures)
    run_sweep(
        iter([Phase(ledger=ledger, brackets=brackets, retries=retries)]),
        study=spec.name,
        resources=spec.resources,
        rooms=Rooms(spec.resources),
        shelf=CheckpointShelf(checkpoints, directory),
        trainable=sleeping_for(case.duration_s),
    )
    board.close()
    return ends.at
