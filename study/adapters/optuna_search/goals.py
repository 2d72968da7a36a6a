"""What a search is told of a trial that ended: its objectives, and by how much it exceeds what a model may cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from optuna.study import StudyDirection

from study.values.arm import Arm
from study.values.metric_names import Cost


def directions_of(arm: Arm, objectives: Sequence[Cost]) -> list[StudyDirection]:
    """Return which way each objective is better: the arm's metric first, then the costs, of which less is better."""
    metric = StudyDirection.MAXIMIZE if arm.maximize else StudyDirection.MINIMIZE
    return [metric, *(StudyDirection.MINIMIZE for _ in objectives)]


def told_values(value: float | None, costs: Mapping[str, float], objectives: Sequence[Cost]) -> list[float]:
    """Return the objectives of a complete trial, NaN where one is not known.

    Args:
        value: What it is compared by.
        costs: What its model costs, by name.
        objectives: Costs that are objectives.
    """
    known = (value, *(costs.get(cost.value) for cost in objectives))
    return [math.nan if one is None else one for one in known]


def excesses(costs: Mapping[str, float], limits: Mapping[Cost, float]) -> dict[str, float]:
    """Return by what share of each limit a trial exceeds it, 0 or less where it keeps to it; without unknown costs.

    A share, so that limits in different units weigh alike where samplers add the excesses up.
    """
    return {cost.value: costs[cost.value] / limit - 1 for cost, limit in limits.items() if cost.value in costs}
