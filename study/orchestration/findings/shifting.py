"""What each arm's score becomes on data from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.orchestration.findings.evidence import stacked
from study.orchestration.findings.kept import kept
from study.orchestration.findings.table import table_of
from study.orchestration.interval import over_seeds
from study.statistics.bootstrap import score_interval
from study.statistics.interval import Interval
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.trial.out_of_distribution import ELSEWHERE, OtherScore, load_out_of_distribution
from study.trial.predictions import Predictions, load_predictions
from study.values.metric_names import METRICS, Split, tag
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import OutOfDistributionSpec, TaskSpec

COLUMNS = (
    "task",
    "data",
    "arm",
    "metric",
    "in_distribution",
    "score",
    "low",
    "high",
    "relative_drop",
    "seeds",
    "examples",
)


def out_of_distribution(
    tasks: Sequence[TaskSpec],
    assessed: Mapping[str, Sequence[TrialRecord]],
    bring: Callable[[str], Path],
    *,
    seed: int,
    confidence: float,
) -> pd.DataFrame:
    """Return each arm's metric on data out of each task's distribution, best first on each.

    Columns: `task`, `data` (its name), `arm`, `metric`, `in_distribution` (on the task's own test examples), `score`
    (on that data), both means over seeds, `low`, `high` (by bootstrap over seeds and the examples of that data; of
    assessments of an earlier version Student's t over seeds alone), `relative_drop` (what is lost, as a share of
    `in_distribution`; positive where the other data is worse), `seeds`, `examples` of that data.

    Args:
        tasks: The study's.
        assessed: Complete assessments by arm id.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
    """
    found = {
        arm: [(record, kept(record, bring, load_out_of_distribution)) for record in records]
        for arm, records in assessed.items()
    }
    load = partial(load_predictions, name=ELSEWHERE)
    predicted = {
        arm: [one for record in records for one in kept(record, bring, load)] for arm, records in assessed.items()
    }
    rows: list[dict[str, Any]] = []
    for task in tasks:
        for other in task.out_of_distribution:
            scored = {arm: list(_of_data(pairs, task.name, other.name)) for arm, pairs in found.items()}
            one = [_row(task, other.name, arm, pairs, confidence) for arm, pairs in scored.items() if pairs]
            for row in one:
                models = [model for model in predicted[row["arm"]] if model.task == f"{task.name}/{other.name}"]
                if len(models) == row["seeds"]:
                    interval = _interval(task, other, models, seed=seed, confidence=confidence)
                    row.update(low=interval.low, high=interval.high)
            rows += sorted(one, key=lambda row: row["score"], reverse=METRICS[task.metric].maximize)
    return table_of(rows, COLUMNS)


def _interval(
    task: TaskSpec, other: OutOfDistributionSpec, models: Sequence[Predictions], *, seed: int, confidence: float
) -> Interval:
    """Return the interval of an arm's score on other data, of which all its models predicted the same examples."""
    # Drawn anew for every arm alike: all are scored on the same resamples.
    draws = np.random.default_rng(derive_seed(seed, "elsewhere", task.name, other.name))
    examples = np.sort(models[0].examples)
    resamples = Resamples(num_examples=len(examples), seed=derive_seed(seed, "resamples", other.data))
    scores = resampled_scores(stacked(models, examples, task.kind), task.metric, resamples)
    return score_interval(scores, draws, confidence=confidence)


def _of_data(
    pairs: Sequence[tuple[TrialRecord, Sequence[OtherScore]]], task: str, data: str
) -> Iterator[tuple[TrialRecord, OtherScore]]:
    for record, scores in pairs:
        for one in scores:
            if (one.task, one.data) == (task, data):
                yield record, one


def _row(
    task: TaskSpec, data: str, arm: str, pairs: Sequence[tuple[TrialRecord, OtherScore]], confidence: float
) -> dict[str, Any]:
    metric = METRICS[task.metric]
    interval = over_seeds([one.metrics[task.metric] for _, one in pairs], metric, confidence=confidence)
    own = float(np.mean([record.test[tag(Split.TEST, task.name, task.metric)] for record, _ in pairs]))
    sign = 1 if metric.maximize else -1
    return {
        "task": task.name,
        "data": data,
        "arm": arm,
        "metric": task.metric,
        "in_distribution": own,
        "score": interval.mean,
        "low": interval.low,
        "high": interval.high,
        "relative_drop": sign * (own - interval.mean) / own if own else np.nan,
        "seeds": interval.num,
        "examples": pairs[0][1].num_examples,
    }
