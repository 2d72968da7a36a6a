"""The leaderboard: each arm's selected configuration, on each of its tasks, by its score on test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from study.orchestration.interval import Interval, over_seeds
from study.orchestration.selected import assessments_of, by_arm, selected_trials
from study.values.arm import Arm
from study.values.metric_names import METRICS, Split, tag
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.spec import TaskSpec
from study.values.states import TrialState

COLUMNS = (
    "rank",
    "arm",
    "protocol",
    "backbone",
    "task",
    "metric",
    "validation",
    "test",
    "test_low",
    "test_high",
    "seeds",
    "trial",
    "trials",
)


def leaderboard(arms: Sequence[Arm], records: Sequence[TrialRecord], *, confidence: float) -> pd.DataFrame:
    """Return a row for each arm and task, best first within each task.

    Columns: `validation` is the selected trial's own metric, `test` the mean over assessment seeds with its interval
    `test_low`..`test_high`, `seeds` how many, `trial` the selected trial's number, `trials` how many ran to their
    end. An arm without a complete trial, or not assessed yet, has NaN in place of what is missing and comes last.

    Args:
        arms: The study's.
        records: All records of trials and assessments.
        confidence: Coverage of the interval.
    """
    selected = selected_trials(arms, records)
    assessed = assessments_of(selected, records)
    searched = by_arm(arms, records, Purpose.SEARCH)
    rows = []
    for arm in arms:
        complete = sum(record.state is TrialState.COMPLETE for record in searched[arm.id])
        for task in arm.tasks:
            best = selected.get(arm.id)
            interval = _test_interval(task, assessed.get(arm.id, []), confidence)
            validation = best.chosen_epoch.metrics[tag(Split.VALIDATION, task.name, task.metric)] if best else math.nan
            rows.append(
                {
                    "arm": arm.id,
                    "protocol": arm.protocol.value,
                    "backbone": arm.backbone.name,
                    "task": task.name,
                    "metric": task.metric,
                    "validation": validation,
                    "test": interval.mean,
                    "test_low": interval.low,
                    "test_high": interval.high,
                    "seeds": interval.num,
                    "trial": best.plan.number if best else None,
                    "trials": complete,
                }
            )
    table: pd.DataFrame = ranked(pd.DataFrame(rows))[list(COLUMNS)]
    return table


def _test_interval(task: TaskSpec, assessments: Sequence[TrialRecord], confidence: float) -> Interval:
    if not assessments:
        return Interval(mean=math.nan, low=math.nan, high=math.nan, num=0)
    values = [record.test[tag(Split.TEST, task.name, task.metric)] for record in assessments]
    return over_seeds(values, METRICS[task.metric], confidence=confidence)


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows best first on test within each task and metric, which stay in their order, with their `rank`.

    Args:
        table: With columns `task`, `metric`, `test` and `trial`.
    """
    sign = table["metric"].map(lambda name: -1.0 if METRICS[name].maximize else 1.0)
    pairs = list(zip(table["task"], table["metric"], strict=True))
    position = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    keyed = table.assign(_place=[position[pair] for pair in pairs], _score=sign * table["test"])
    ordered = keyed.sort_values(["_place", "_score"], na_position="last", kind="stable")
    ranks = ordered.groupby("_place")["_score"].rank(method="min").astype("Int64")
    found: pd.DataFrame = ordered.assign(rank=ranks, trial=ordered["trial"].astype("Int64")).reset_index(drop=True)
    return found
