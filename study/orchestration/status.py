"""Where a study stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from study.orchestration.assessment_plans import assessment_plans, owed
from study.orchestration.racing import stopped_arms, to_be_assessed
from study.orchestration.selected import assessments_of, by_arm, selected_trials
from study.values.arm import Arm
from study.values.frozen import Frozen
from study.values.plan import Purpose, TrialPlan
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.spending import Spending
from study.values.states import TrialState


class ArmStatus(Frozen):
    """Where an arm stands."""

    arm: str
    running: int
    """Trials that were asked for and have not ended."""
    complete: int
    pruned: int
    failed: int
    remaining: int
    """Most trials still to be asked for: none where the arm's budget is spent or it was stopped."""
    best: float | None
    """Objective of the trial that is selected so far: the best complete one, unless the spec chooses otherwise."""
    metric: str
    assessed: int
    """Seeds for which the selected configuration was scored on test."""
    stopped: str | None = None
    """Why it gets no more trials and is not assessed, where a race was decided against it."""


class StudyStatus(Frozen):
    """Where a study stands."""

    name: str
    directory: str
    running: bool
    """Whether a process runs it now."""
    phase: str
    """`search`, `assessment` or `done`."""
    arms: tuple[ArmStatus, ...]
    failures: dict[str, int]
    """How many trials failed, by the first line of the reason."""


def study_status(
    spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord], *, directory: str, running: bool
) -> StudyStatus:
    """Count up a study's records."""
    selected = selected_trials(arms, records)
    assessed = assessments_of(selected, records)
    searched = by_arm(arms, records, Purpose.SEARCH)
    stopped = stopped_arms(spec, arms, records)
    remaining = remaining_trials(spec, arms, records)
    states = []
    for arm in arms:
        counts = Counter(record.state for record in searched[arm.id])
        best = selected.get(arm.id)
        states.append(
            ArmStatus(
                arm=arm.id,
                running=counts[TrialState.RUNNING],
                complete=counts[TrialState.COMPLETE],
                pruned=counts[TrialState.PRUNED],
                failed=counts[TrialState.FAILED],
                remaining=remaining[arm.id],
                best=best.objective if best else None,
                metric="+".join(dict.fromkeys(task.metric for task in arm.tasks)),
                assessed=len(assessed.get(arm.id, [])),
                stopped=str(stopped[arm.id]) if arm.id in stopped else None,
            )
        )
    return StudyStatus(
        name=spec.name,
        directory=directory,
        running=running,
        phase=_phase(states, owed(assessment_plans(spec, to_be_assessed(spec, arms, records).values()), records)),
        arms=tuple(states),
        failures=_failures(records),
    )


def remaining_trials(spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord]) -> dict[str, int]:
    """Return the most trials that each arm may still be asked for, by its id: 0 of one that a race stopped."""
    stopped = stopped_arms(spec, arms, records)
    searched = by_arm(arms, records, Purpose.SEARCH)
    return {arm: 0 if arm in stopped else _remaining(spec, trials) for arm, trials in searched.items()}


def _remaining(spec: StudySpec, searched: Sequence[TrialRecord]) -> int:
    if Spending.of(searched).exhausts(spec.budget):
        return 0
    return max(0, spec.search.trials - len(searched))


def _phase(arms: Sequence[ArmStatus], still_owed: Sequence[TrialPlan]) -> str:
    if any(arm.running or arm.remaining for arm in arms):
        return "search"
    return "assessment" if still_owed else "done"


def _failures(records: Sequence[TrialRecord]) -> dict[str, int]:
    reasons = [record.reason or "unknown" for record in records if record.state is TrialState.FAILED]
    return dict(Counter(reason.strip().splitlines()[0] for reason in reasons))
