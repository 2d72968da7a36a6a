"""How each arm's score grows with the number of examples that it is trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from study.orchestration.findings.evidence import TaskEvidence, gather
from study.orchestration.findings.standings import Standings, scores_of
from study.orchestration.findings.table import table_of
from study.statistics.bootstrap import score_interval
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import TaskSpec

COLUMNS = ("arm", "task", "metric", "examples_per_class", "num_train", "score", "low", "high", "seeds")

ByArm = Mapping[str, Sequence[TrialRecord]]
"""Complete assessments by arm id."""


def few_shots(
    tasks: Iterable[TaskSpec],
    few: Mapping[int, ByArm],
    whole: ByArm,
    standings: Mapping[str, Standings],
    bring: Callable[[str], Path],
    *,
    seed: int,
    confidence: float,
) -> pd.DataFrame:
    """Return the test score of each arm by the number of training examples of each class: task by task, arm by arm,
    ascending.

    Columns: `arm`, `task`, `metric`, `examples_per_class` (NaN for all, which is what the leaderboard has),
    `num_train` (labelled training examples, mean over seeds; NaN in records of earlier versions), `score` (mean over
    seeds), `low`, `high`, `seeds`. Intervals are those of the standings, on the same resamples of test; what differs
    between seeds is which few examples they were trained on, too. Arms without any few-shot assessment are left out.

    Args:
        tasks: The study's.
        few: Assessments on a few examples, by how many of each class.
        whole: Those on all, of the same arms, in the order in which these are to stand.
        standings: Of each task that was assessed.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
    """
    specs = list(tasks)
    evidence = {number: {one.task.name: one for one in gather(specs, by_arm, bring)} for number, by_arm in few.items()}
    order: list[object] = list(whole)
    rows: list[dict[str, object]] = []
    for task in specs:
        found = [
            row
            for number, by_task in evidence.items()
            if task.name in by_task
            for row in _few_rows(by_task[task.name], number, few[number], seed, confidence)
        ]
        known = {row["arm"] for row in found}
        if task.name in standings:
            found += [row for row in _whole_rows(task, standings[task.name], whole) if row["arm"] in known]
        rows += sorted(found, key=lambda row: order.index(row["arm"]))  # stable: ascending within an arm
    return table_of(rows, COLUMNS)


def _few_rows(
    evidence: TaskEvidence, number: int, records: ByArm, seed: int, confidence: float
) -> Iterator[dict[str, object]]:
    task = evidence.task
    rng = np.random.default_rng(derive_seed(seed, "few-shot", task.name, number))
    for arm, scores in scores_of(evidence, seed=seed).items():
        interval = score_interval(scores, rng, confidence=confidence)
        yield {
            **_what(arm, task, number, records.get(arm, ())),
            "score": interval.point,
            "low": interval.low,
            "high": interval.high,
            "seeds": len(scores.by_seed),
        }


def _whole_rows(task: TaskSpec, found: Standings, records: ByArm) -> Iterator[dict[str, object]]:
    for row in found.table.to_dict(orient="records"):
        scored = {"score": row["test"], "low": row["low"], "high": row["high"], "seeds": row["seeds"]}
        yield {**_what(row["arm"], task, math.nan, records.get(row["arm"], ())), **scored}


def _what(arm: str, task: TaskSpec, number: float, records: Sequence[TrialRecord]) -> dict[str, object]:
    trained_on = [record.chosen_epoch.num_train.get(task.name, math.nan) for record in records]
    return {
        "arm": arm,
        "task": task.name,
        "metric": task.metric,
        "examples_per_class": float(number),
        "num_train": float(np.mean(trained_on)) if trained_on else math.nan,
    }
