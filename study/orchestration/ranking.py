"""Ranking: which backbones' features tell a task's classes apart, before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from study.learning.transferability import SCORES
from study.orchestration.probe_features import probe_features
from study.trial.frozen_features import FrozenFeatures
from study.values.problems import InputError
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

    The features are those of `probe_features`. Backbones with random weights are scored too, as a reference.

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
    found = probe_features(spec, root=root, phase="rank", quiet=quiet)
    rows = [{"backbone": backbone, "task": task, **_scores(features)} for backbone, task, features in found]
    return _ranked(rows, [task.name for task in spec.tasks])


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
