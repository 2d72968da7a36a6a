"""What the freezing depth did to the objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from study.orchestration.findings.table import table_of
from study.statistics.mean import mean_interval
from study.values.metric_names import METRICS
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.states import TrialState

COLUMNS = ("arm", "freezing_depth", "trials", "stopped", "mean", "low", "high", "best")


def by_freezing_depth(searched: Mapping[str, Sequence[TrialRecord]]) -> pd.DataFrame:
    """Return every complete trial's freezing depth and objective: `arm`, `trial`, `freezing_depth`, `objective`."""
    rows = [
        {
            "arm": arm,
            "trial": record.plan.number,
            "freezing_depth": record.plan.hyperparameters.freezing_depth,
            "objective": record.objective,
        }
        for arm, records in searched.items()
        for record in records
        if record.state is TrialState.COMPLETE
    ]
    return table_of(rows, ["arm", "trial", "freezing_depth", "objective"])


def depth_effects(searched: Mapping[str, Sequence[TrialRecord]], *, seed: int, confidence: float) -> pd.DataFrame:
    """Return what complete trials of each arm reached at each freezing depth, of arms that tried several.

    Columns: `arm`, `freezing_depth`, `trials` (complete ones), `stopped` (early: in none of what follows), `mean`
    (of the objective), `low`, `high` (its interval; NaN of fewer than 4 trials), `best`.

    No adjustment is made for other hyperparameters. Random search and grids draw them alike at every depth; TPE
    tries depths that did well more often, and together with what went well with them.

    Args:
        searched: Search trials by arm id.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
    """
    rng = np.random.default_rng(derive_seed(seed, "freezing depths"))
    rows = [row for arm, records in searched.items() for row in _of_arm(arm, records, rng, confidence)]
    return table_of(rows, COLUMNS)


def _of_arm(
    arm: str, records: Sequence[TrialRecord], rng: np.random.Generator, confidence: float
) -> Iterator[dict[str, object]]:
    by_depth = groupby(sorted(records, key=_depth), key=_depth)
    ended = {depth: list(members) for depth, members in by_depth}
    reached = {depth: _complete(members) for depth, members in ended.items()}
    if sum(bool(objectives) for objectives in reached.values()) < 2:
        return
    maximize = records[0].plan.arm.maximize
    bounds = [METRICS[task.metric] for task in records[0].plan.arm.tasks]
    lower, upper = (float(np.mean([getattr(one, end) for one in bounds])) for end in ("lower", "upper"))
    for depth, objectives in reached.items():
        stopped = sum(record.state is TrialState.PRUNED for record in ended[depth])
        row = {"arm": arm, "freezing_depth": depth, "trials": len(objectives), "stopped": stopped}
        if objectives:
            found = mean_interval(objectives, rng, confidence=confidence, lower=lower, upper=upper)
            best = max(objectives) if maximize else min(objectives)
            row |= {"mean": found.point, "low": found.low, "high": found.high, "best": best}
        yield row


def _depth(record: TrialRecord) -> int:
    return record.plan.hyperparameters.freezing_depth


def _complete(records: Sequence[TrialRecord]) -> list[float]:
    complete = [record for record in records if record.state is TrialState.COMPLETE]
    return [record.objective for record in complete if record.objective is not None and np.isfinite(record.objective)]
