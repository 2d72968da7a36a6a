"""Which arms of a study a race was decided against, from its records."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from study.values.arm import Arm
from study.values.racing import Entrant, Stopped, raced_objective, run_race
from study.values.records import TrialRecord
from study.values.spec import StudySpec


def stopped_arms(
    spec: StudySpec, arms: Sequence[Arm], searched: Mapping[str, Sequence[TrialRecord]], *, over: Container[str]
) -> dict[str, Stopped]:
    """Return the arms that get no more trials since others are ahead of them, by id; none where the spec has no race.

    Args:
        spec: The study's.
        arms: Those of its arms that are searched.
        searched: Trials of each, by its id.
        over: Ids of those that get no more trials in any case.
    """
    racing = spec.search.racing
    if racing is None:
        return {}
    found: dict[str, Stopped] = {}
    for names in dict.fromkeys(arm.task_names for arm in arms):
        rivals = [arm for arm in arms if arm.task_names == names]
        race = run_race(
            [_entrant(arm.id, searched[arm.id], is_over=arm.id in over) for arm in rivals],
            racing.rungs(spec.search.trials),
            reduction_factor=racing.reduction_factor,
            maximize=rivals[0].maximize,
            trusts_the_past=True,
        )
        found |= race.stopped
    return {arm.id: found[arm.id] for arm in arms if arm.id in found}


def _entrant(arm: str, trials: Sequence[TrialRecord], *, is_over: bool) -> Entrant:
    ordered = sorted(trials, key=lambda record: record.plan.number)
    return Entrant(
        arm=arm,
        num_asked=len(ordered),
        ended={place: raced_objective(record) for place, record in enumerate(ordered) if record.state.is_final},
        is_over=is_over,
    )
