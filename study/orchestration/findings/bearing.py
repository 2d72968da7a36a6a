"""What corruption of the test images costs each arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from study.orchestration.findings.kept import kept
from study.orchestration.findings.table import table_of
from study.trial.robustness import load_robustness
from study.values.metric_names import METRICS, Split, tag
from study.values.records import TrialRecord
from study.values.spec import TaskSpec

COLUMNS = ("arm", "task", "metric", "corruption", "severity", "score", "clean", "relative_drop")


def robustness(
    tasks: Sequence[TaskSpec], assessed: Mapping[str, Sequence[TrialRecord]], bring: Callable[[str], Path]
) -> pd.DataFrame:
    """Return each arm's metric under every corruption and severity, means over seeds.

    Columns: `arm`, `task`, `metric`, `corruption`, `severity` (1 to 5), `score`, `clean` (on images as they are),
    `relative_drop` (what is lost, as a share of `clean`; positive where corruption makes it worse).

    Args:
        tasks: The study's.
        assessed: Complete assessments by arm id.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
    """
    metric = {task.name: task.metric for task in tasks}
    rows = [
        {
            "arm": arm,
            "task": one.task,
            "metric": metric[one.task],
            "corruption": one.corruption,
            "severity": one.severity,
            "score": one.score,
            "clean": record.test[tag(Split.TEST, one.task, metric[one.task])],
        }
        for arm, records in assessed.items()
        for record in records
        for one in kept(record, bring, load_robustness)
    ]
    table = table_of(rows, COLUMNS[:-1])
    means = table.groupby(list(COLUMNS[:5]), sort=False, as_index=False)[["score", "clean"]].mean()
    sign = means["metric"].map(lambda name: 1.0 if METRICS[name].maximize else -1.0).astype(float)
    drops: pd.DataFrame = means.assign(relative_drop=sign * (means["clean"] - means["score"]) / means["clean"])
    return drops


def mean_drops(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean relative drop of each arm on each task, over corruptions and severities, the least first."""
    means: pd.DataFrame = table.groupby(["task", "arm"], sort=False)["relative_drop"].mean().reset_index()
    ordered: pd.DataFrame = means.sort_values(["task", "relative_drop"]).reset_index(drop=True)
    return ordered
