"""What trials score against what their models cost, and which of them no other beats in everything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from study.orchestration.findings.table import table_of
from study.values.dominance import non_dominated
from study.values.metric_names import LATENCY_SPREAD_MS, Cost
from study.values.records import TrialRecord
from study.values.states import TrialState

_FACTS = ("arm", "trial", "objective")
_VERDICTS = ("feasible", "on_arm_front", "on_front")


def pareto(searched: Mapping[str, Sequence[TrialRecord]], costs: Sequence[Cost]) -> pd.DataFrame:
    """Return a row for each complete trial whose costs are all known; none where no cost is named.

    Columns: `arm`, `trial`, `objective` (what it is compared by on validation), a column a cost (beside `latency_ms`
    also `latency_iqr_ms`), `feasible` (whether it keeps to the study's constraints), `on_arm_front` and `on_front`:
    whether no feasible trial of the same arm, or of any arm on the same tasks, is as good in the objective and all
    these costs and better in one of them.

    Args:
        searched: Search trials by arm id.
        costs: What is held against the objective.
    """
    trials = [record for records in searched.values() for record in records if _is_known(record, costs)]
    names = [*(cost.value for cost in costs), *([LATENCY_SPREAD_MS] if Cost.LATENCY_MS in costs else [])]
    on_arm_front = _fronts(trials, costs, {record.plan.folder: record.plan.arm.id for record in trials})
    # Trials of arms on the same tasks are scored on the same examples by the same metrics.
    on_front = _fronts(trials, costs, {record.plan.folder: record.plan.arm.task_names for record in trials})
    rows = [
        {
            "arm": record.plan.arm.id,
            "trial": record.plan.number,
            "objective": record.objective,
            **{name: record.costs.get(name, math.nan) for name in names},
            "feasible": record.is_feasible,
            "on_arm_front": record.plan.folder in on_arm_front,
            "on_front": record.plan.folder in on_front,
        }
        for record in trials
    ]
    return table_of(rows if costs else [], [*_FACTS, *names, *_VERDICTS])


def _is_known(record: TrialRecord, costs: Sequence[Cost]) -> bool:
    known = record.costs
    return record.state is TrialState.COMPLETE and all(math.isfinite(known.get(cost.value, math.nan)) for cost in costs)


def _fronts(trials: Sequence[TrialRecord], costs: Sequence[Cost], group: Mapping[str, object]) -> set[str]:
    """Return the folders of the trials on the front of their group."""
    found: set[str] = set()
    for one in dict.fromkeys(group.values()):
        members = [record for record in trials if group[record.plan.folder] == one and record.is_feasible]
        found |= {members[place].plan.folder for place in non_dominated([_point(record, costs) for record in members])}
    return found


def _point(record: TrialRecord, costs: Sequence[Cost]) -> list[float]:
    objective = record.objective
    assert objective is not None, "a complete trial has epochs"
    known = record.costs
    return [-objective if record.plan.arm.maximize else objective, *(known[cost.value] for cost in costs)]
