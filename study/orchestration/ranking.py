"""Ranking: which backbones' features tell a task's classes apart, before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from study.adapters.progress import counted
from study.learning.transferability import SCORES
from study.orchestration.facts import split_seed
from study.orchestration.places import cache_dir_of
from study.parts.backbones import count_stages
from study.trial.frozen_features import FrozenFeatures, frozen_features
from study.trial.materials import Materials
from study.values.arm import Arm, build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose, TrialPlan
from study.values.problems import InputError
from study.values.protocols import Protocol
from study.values.seeds import derive_seed
from study.values.spec import StudySpec
from study.values.target_kind import TargetKind

RANKS = {name: f"{name}_rank" for name in SCORES}
"""By score, the column of its rank within a task."""
_OTHERS = {TargetKind.REGRESSION: "a number", TargetKind.MULTI_LABEL: "any number of labels"}
COLUMNS = ("backbone", "task", *(column for name in SCORES for column in (name, RANKS[name])), "reason")


def rank(spec: StudySpec, *, root: Path, quiet: bool = False) -> pd.DataFrame:
    """Return a row for each backbone and task: how well its features fit the task, without any training.

    Columns: `backbone`, `task`, for each of `SCORES` the score and under `..._rank` its place among the backbones on
    that task, 1 being best, and `reason`. Rows are in the spec's order of tasks, then by the rank of the first score.
    A backbone whose features have no score, such as for being NaN, has a row without scores that says why in `reason`,
    below the others of the task, which are ranked without it.

    The features are pooled, of the training split only, with all stages frozen: what a linear probe is trained on.
    They are kept in the cache that the study itself uses, as far as it has room. Backbones with random weights are
    scored too, as a reference. Runs in this process, on its GPU where trials are given one and there is one.

    Args:
        spec: The study's, checked.
        root: Folder that relative paths and own modules are looked for in.
        quiet: Show no progress.

    Raises:
        InputError: If data or weights are bad, or a task has no classes.
    """
    others = [f"{task.name} predicts {_OTHERS[task.kind]}" for task in spec.tasks if not task.kind.has_classes]
    if others:
        raise InputError(f"rank scores how well features tell classes apart; {', '.join(others)}")
    root = root.resolve()
    arms = build_arms(spec.model_copy(update={"protocols": (Protocol.LINEAR_PROBE,)}))
    materials = Materials()
    rows = []
    for arm in counted(arms, phase="rank", name=_name, quiet=quiet):
        found = frozen_features(_plan(arm, spec, root), materials)
        rows.append({"backbone": arm.backbone.name, "task": arm.task_names[0], **_scores(found)})
    return _ranked(rows, [task.name for task in spec.tasks])


def _name(arm: Arm) -> str:
    return f"{arm.backbone.name} on {arm.task_names[0]}"


def _scores(found: FrozenFeatures) -> dict[str, Any]:
    """Return the features' scores, or the reason why they have none."""
    try:
        scores = {name: score.measure(found.features, found.labels) for name, score in SCORES.items()}
    except ValueError as error:
        return {**dict.fromkeys(SCORES, math.nan), "reason": str(error)}
    return {**scores, "reason": None}


def _ranked(rows: Sequence[dict[str, Any]], tasks: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    for name, column in RANKS.items():
        table[column] = table.groupby("task")[name].rank(method="min", ascending=False).astype("Int64")
    order = {task: number for number, task in enumerate(tasks)}
    first = next(iter(RANKS.values()))
    table = table.assign(_task=table["task"].map(order)).sort_values(["_task", first], kind="stable")
    ordered: pd.DataFrame = table.reset_index(drop=True)[list(COLUMNS)]
    return ordered


def _plan(arm: Arm, spec: StudySpec, root: Path) -> TrialPlan:
    """Return the plan of a linear probe, of which only the features are wanted."""
    resources = spec.resources
    return TrialPlan(
        purpose=Purpose.SEARCH,
        number=0,
        arm=arm,
        arm_number=0,
        hyperparameters=Hyperparameters(
            freezing_depth=count_stages(arm.backbone, root=root), head_learning_rate=1e-3, batch_size=1
        ),
        # Of the backbone, not the arm: random weights are the same on every task, and so are their features.
        seed=derive_seed(spec.seed, arm.backbone.name, "ranking"),
        split_seed=split_seed(spec.seed),
        outer=spec.search.outer,
        epochs=1,
        num_threads=resources.threads_per_worker,
        num_gpus=resources.gpus_per_trial if torch.cuda.is_available() else 0,
        root=str(root),
        cache_dir=str(cache_dir_of(spec, root=root)),
        cache_gib=resources.cache_gib,
        feature_cache_gib=resources.feature_cache_gib,
    )
