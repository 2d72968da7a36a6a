"""What a study knows of its models' costs, and of which arms no trial keeps to its constraints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from study.orchestration.selected import by_arm
from study.values.arm import Arm
from study.values.metric_names import Cost
from study.values.plan import Purpose
from study.values.problems import InputError, Problem, unknown_name
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState

_ALWAYS_KNOWN = (Cost.PARAMETERS, Cost.TRAINED_PARAMETERS, Cost.TRAINING_S)


def unmet(arms: Sequence[Arm], records: Sequence[TrialRecord]) -> dict[str, str]:
    """Return a sentence for each arm with complete trials of which none is feasible, by arm id.

    Args:
        arms: The study's.
        records: All of its trials.
    """
    complete = {
        arm: [record for record in trials if record.state is TrialState.COMPLETE]
        for arm, trials in by_arm(arms, records, Purpose.SEARCH).items()
    }
    return {
        arm: _sentence(arm, trials)
        for arm, trials in complete.items()
        if trials and not any(record.is_feasible for record in trials)
    }


def _sentence(arm: str, trials: Sequence[TrialRecord]) -> str:
    nearest = min(trials, key=_excess)
    costs = nearest.costs
    said = [
        f"{cost.value} {costs[cost.value]:.4g} (at most {limit:.4g})"
        if cost.value in costs
        else f"{cost.value} unknown"
        for cost, limit in nearest.plan.limits.items()
    ]
    return (
        f"none of the {len(trials)} complete trials of {arm} keeps to search.constraints, so none is selected; the "
        f"nearest, trial {nearest.plan.number}, has {', '.join(said)}"
    )


def _excess(record: TrialRecord) -> float:
    """Return by what share a trial exceeds the limit that it exceeds most."""
    costs = record.costs
    return max(costs.get(cost.value, math.inf) / limit for cost, limit in record.plan.limits.items())


def checked_costs(names: Sequence[str], spec: StudySpec) -> tuple[Cost, ...]:
    """Return the costs of these names; those of the spec where there are none.

    Raises:
        InputError: If one is unknown or not measured in such a study, or there are none in the spec either.
    """
    measured = {cost.value: cost for cost in (*spec.search.measured, *_ALWAYS_KNOWN)}
    if spec.search.population_based_training is not None:
        del measured[Cost.TRAINING_S.value]
    problems = [
        Problem(message=_why_not(name, measured, spec)) for name in dict.fromkeys(names) if name not in measured
    ]
    if problems:
        raise InputError(problems)
    wanted = tuple(measured[name] for name in dict.fromkeys(names)) or spec.search.measured
    if not wanted:
        raise InputError(
            "the spec has no search.objectives and no search.constraints; name what to hold the metric against: "
            f"{', '.join(measured)}"
        )
    return wanted


def _why_not(name: str, measured: Mapping[str, Cost], spec: StudySpec) -> str:
    """Return why a cost cannot be told of the trials of a study."""
    if name not in {cost.value for cost in Cost}:
        return unknown_name(name, [cost.value for cost in Cost], what="cost")
    if name == Cost.TRAINING_S.value and spec.search.population_based_training is not None:
        return (
            f"{name} is not told of single trials of search.population_based_training: each trains "
            f"{spec.search.population_based_training.interval_epochs} epochs and takes the others over; known: "
            f"{', '.join(measured)}"
        )
    return (
        f"{name} was not measured: the spec names it neither in search.objectives nor in search.constraints; "
        f"measured: {', '.join(measured)}"
    )
