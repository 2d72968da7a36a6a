"""How far what was selected on validation holds: gaps between splits, and how much too good the selected score was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.orchestration.findings.table import table_of
from study.statistics.selection_bias import optimism
from study.values.arm import Arm
from study.values.metric_names import Split, tag
from study.values.records import TrialRecord
from study.values.spec import TaskSpec


def gaps(arms: Sequence[Arm], assessed: Mapping[str, Sequence[TrialRecord]]) -> pd.DataFrame:
    """Return each arm's metric on each task and split, means over assessments: `arm`, `task`, `metric`, `train`,
    `validation`, `test`."""
    rows = []
    for arm in arms:
        for task in arm.tasks:
            records = assessed.get(arm.id, ())
            if records:
                rows.append({"arm": arm.id, "task": task.name, "metric": task.metric, **_splits(task, records)})
    return table_of(rows, ["arm", "task", "metric", "train", "validation", "test"])


def _splits(task: TaskSpec, records: Sequence[TrialRecord]) -> dict[str, float]:
    name, metric = task.name, task.metric
    return {
        "train": float(np.mean([record.chosen_epoch.metrics[tag(Split.TRAIN, name, metric)] for record in records])),
        "validation": float(
            np.mean([record.chosen_epoch.metrics[tag(Split.VALIDATION, name, metric)] for record in records])
        ),
        "test": float(np.mean([record.test[tag(Split.TEST, name, metric)] for record in records])),
    }


def selection_bias(
    arms: Sequence[Arm],
    selected: Mapping[str, TrialRecord],
    assessed: Mapping[str, Sequence[TrialRecord]],
    *,
    confidence: float,
) -> pd.DataFrame:
    """Return by how much the selected trial's validation objective flatters each arm.

    Columns: `arm`, `selected` (its objective), `fresh` (mean of the same configuration trained anew), `bias` (their
    difference, positive where the selected one is too good), `low`, `high`.
    """
    rows = []
    for arm in arms:
        fresh = [record.objective for record in assessed.get(arm.id, ()) if record.objective is not None]
        best = selected[arm.id].objective if arm.id in selected else None
        if best is None or not fresh:
            continue
        found = optimism(best, fresh, maximize=arm.maximize, confidence=confidence)
        row = {"arm": arm.id, "selected": best, "fresh": float(np.mean(fresh)), "bias": found.point}
        rows.append({**row, "low": found.low, "high": found.high})
    return table_of(rows, ["arm", "selected", "fresh", "bias", "low", "high"])


def mean_bias(biases: pd.DataFrame) -> float:
    """Return the mean bias over arms; NaN where there is none."""
    return float(biases["bias"].mean()) if len(biases) else math.nan
