"""Which arms of a study a race was decided against, from its records."""

from __future__ import annotations

from collections.abc import Sequence

from study.orchestration.selected import by_arm, selected_trials
from study.values.arm import Arm
from study.values.plan import Purpose
from study.values.racing import Entrant, Stopped, raced_objective, run_race
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.spending import Spending

UNEQUAL = (
    "search.racing gave the arms unequal numbers of trials, to find the winner sooner: this is no comparison at equal "
    "budgets, and arms are not assessed once they are stopped"
)
"""What a reader of the leaderboard has to know where an arm was stopped."""


def stopped_arms(spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord]) -> dict[str, Stopped]:
    """Return the arms that get no more trials since others are ahead of them, by id; none where the spec has no race.

    Args:
        spec: The study's.
        arms: Its arms.
        records: All of its trials.
    """
    racing = spec.search.racing
    if racing is None:
        return {}
    searched = by_arm(arms, records, Purpose.SEARCH)
    found: dict[str, Stopped] = {}
    for names in dict.fromkeys(arm.task_names for arm in arms):
        rivals = [arm for arm in arms if arm.task_names == names]
        race = run_race(
            [_entrant(spec, arm, searched[arm.id]) for arm in rivals],
            racing.rungs(spec.search.trials),
            reduction_factor=racing.reduction_factor,
            maximize=rivals[0].maximize,
            trusts_the_past=True,
        )
        found |= race.stopped
    return {arm.id: found[arm.id] for arm in arms if arm.id in found}


def unequal_budgets(spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord]) -> tuple[str, ...]:
    """Return what is to be said beside the leaderboard where arms had not the same number of trials.

    Of a race, and of each arm that was stopped; and of a budget in work or time, how many trials each arm had.

    Args:
        spec: The study's.
        arms: Its arms.
        records: All of its trials.
    """
    stopped = stopped_arms(spec, arms, records)
    raced = (UNEQUAL, *map(str, stopped.values())) if stopped else ()
    return (*raced, *_of_budget(spec, arms, records))


def _of_budget(spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord]) -> tuple[str, ...]:
    given = {"arm_whole_trainings": "work", "arm_training_s": "time"}
    limits = {key: what for key, what in given.items() if getattr(spec.budget, key) is not None}
    numbers = {arm: len(trials) for arm, trials in by_arm(arms, records, Purpose.SEARCH).items()}
    if not limits or len(set(numbers.values())) == 1:
        return ()
    keys = " and ".join(f"budget.{key}" for key in limits)
    what = " and ".join(limits.values())
    counted = ", ".join(f"{arm} {number}" for arm, number in numbers.items())
    return (f"{keys} limits the {what} of each arm, not its trials, of which they had: {counted}",)


def to_be_assessed(spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord]) -> dict[str, TrialRecord]:
    """Return the selected trial of each arm that has one and was not stopped, by arm id.

    Args:
        spec: The study's.
        arms: Its arms.
        records: All of its trials.
    """
    stopped = stopped_arms(spec, arms, records)
    return {arm: record for arm, record in selected_trials(arms, records).items() if arm not in stopped}


def _entrant(spec: StudySpec, arm: Arm, trials: Sequence[TrialRecord]) -> Entrant:
    ordered = sorted(trials, key=lambda record: record.plan.number)
    return Entrant(
        arm=arm.id,
        num_asked=len(ordered),
        ended={place: raced_objective(record) for place, record in enumerate(ordered) if record.state.is_final},
        is_over=Spending.of(ordered).exhausts(spec.budget),
    )
