from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from optuna.storages import BaseStorage, InMemoryStorage

from study.adapters.checkpoint_shelf import LocalCheckpoints
from study.adapters.optuna_search import SearchSource, open_storage
from study.adapters.optuna_search.arm_study import ArmStudy
from study.adapters.optuna_search.space import Space
from study.values.arm import Arm, ArmFacts, build_arms
from study.values.metric_names import OBJECTIVE
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import StudySpec

CONDITIONAL = """
def space(trial, arm):
    depth = trial.suggest_int("head_depth", 0, 2)
    values = {
        "freezing_depth": arm.num_stages,
        "batch_size": 8,
        "head_depth": depth,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-4, 1.0, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.9),
        "optimizer": trial.suggest_categorical("optimizer", ["adamw", "sgd"]),
    }
    if depth:
        values["head_width"] = trial.suggest_int("head_width", 16, 256, log=True)
    if values["optimizer"] == "sgd":
        values["momentum"] = trial.suggest_float("momentum", 0.0, 0.99)
    return values
"""


def facts_of(arm: Arm, **changes: Any) -> ArmFacts:
    low, high = arm.protocol.freezing_depths(4, pretrained=arm.backbone.is_pretrained)
    known: dict[str, Any] = {
        "arm": arm.id,
        "protocol": arm.protocol,
        "num_stages": 4,
        "min_freezing_depth": low,
        "max_freezing_depth": high,
        "tasks": arm.task_names,
        "num_classes": dict.fromkeys(arm.task_names, 2),
        "num_train": 100,
        "epochs": 3,
    }
    return ArmFacts(**{**known, **changes})


@dataclass
class Bench:
    """A study directory with a space beside it; every call opens its storage anew, as a new process would."""

    root: Path

    def write(self, source: str, name: str = "space.py") -> None:
        (self.root / name).write_text(textwrap.dedent(source))

    def spec(self, *, search: Mapping[str, Any] | None = None, **fields: Any) -> StudySpec:
        known: dict[str, Any] = {
            "name": "bench",
            "seed": 7,
            "protocols": ["linear_probe"],
            "backbones": ["resnet18"],
            "tasks": [{"name": "a", "data": "digits"}],
            "budget": {"epochs": 3},
            "resources": {"trials_per_pack": 1},
            "search": {"space": "space.py:space", "trials": 8, "startup_trials": 4, **(search or {})},
        }
        resources = {**known["resources"], **fields.pop("resources", {})}
        return StudySpec.model_validate({**known, **fields, "resources": resources})

    def arm_study(self, spec: StudySpec, storage: BaseStorage | None = None) -> ArmStudy:
        arm = build_arms(spec)[0]
        space = Space.load(spec.search.space_for(arm.protocol), self.root)
        storage = storage or open_storage(None, self.root / "study")
        return ArmStudy(arm, facts_of(arm), space, spec=spec, storage=storage)

    def passing_study(self, spec: StudySpec) -> ArmStudy:
        """Return an arm's study that lives as long as the process: quick, for what no database decides."""
        return self.arm_study(spec, InMemoryStorage())

    def source(
        self,
        spec: StudySpec,
        earlier: Mapping[int, TrialRecord] | None = None,
        storage: BaseStorage | None = None,
    ) -> SearchSource:
        (self.root / "study").mkdir(exist_ok=True)
        return SearchSource(
            spec,
            [(arm, facts_of(arm)) for arm in build_arms(spec)],
            storage=storage or open_storage(None, self.root / "study"),
            earlier=earlier or {},
            root=self.root,
            checkpoints=LocalCheckpoints(self.root / "study"),
            cache_dir="cache",
            directory=self.root / "study",
        )


def epoch_of(number: int, objective: float) -> EpochRecord:
    return EpochRecord(epoch=number, metrics={OBJECTIVE: objective}, duration_s=1.0)


def with_epochs(record: TrialRecord, *objectives: float) -> TrialRecord:
    epochs = tuple(epoch_of(number, value) for number, value in enumerate(objectives, start=1))
    return record.model_copy(update={"epochs": epochs})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.write(CONDITIONAL)
    return made


@pytest.fixture
def facts() -> Callable[..., ArmFacts]:
    return facts_of


@pytest.fixture
def trained() -> Callable[..., TrialRecord]:
    return with_epochs
