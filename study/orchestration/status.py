"""Where a study stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from study.orchestration.assessment_plans import assessment_plans, owed
from study.orchestration.contest import Contest
from study.orchestration.selected import assessments_of
from study.values.frozen import Frozen
from study.values.plan import TrialPlan
from study.values.records import TrialRecord
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
    """Most trials still to be asked for: none where the arm's budget or its space is used up, or it was stopped."""
    best: float | None
    """Objective of the trial that is selected so far: the best complete one, unless the spec chooses otherwise."""
    metric: str
    assessed: int
    """Seeds for which the selected configuration was scored on test."""
    stopped: str | None = None
    """Why it gets no more trials and is not assessed, where screening or a race was decided against it."""


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


def study_status(contest: Contest, *, directory: str, running: bool) -> StudyStatus:
    """Count up a study's records.

    Args:
        contest: What follows from them.
        directory: How its directory is named to people.
        running: Whether a process runs it now.
    """
    assessed = assessments_of(contest.selected, contest.records)
    states = []
    for arm in contest.arms:
        counts = Counter(record.state for record in contest.searched[arm.id])
        best = contest.selected.get(arm.id)
        states.append(
            ArmStatus(
                arm=arm.id,
                running=counts[TrialState.RUNNING],
                complete=counts[TrialState.COMPLETE],
                pruned=counts[TrialState.PRUNED],
                failed=counts[TrialState.FAILED],
                remaining=contest.remaining[arm.id],
                best=best.objective if best else None,
                metric="+".join(dict.fromkeys(task.metric for task in arm.tasks)),
                assessed=len(assessed.get(arm.id, [])),
                stopped=contest.out.get(arm.id),
            )
        )
    plans = assessment_plans(contest.spec, contest.to_be_assessed.values())
    return StudyStatus(
        name=contest.spec.name,
        directory=directory,
        running=running,
        phase=_phase(states, owed(plans, contest.records)),
        arms=tuple(states),
        failures=_failures(contest.records),
    )


def _phase(arms: Sequence[ArmStatus], still_owed: Sequence[TrialPlan]) -> str:
    if any(arm.running or arm.remaining for arm in arms):
        return "search"
    return "assessment" if still_owed else "done"


def _failures(records: Sequence[TrialRecord]) -> dict[str, int]:
    reasons = [record.reason or "unknown" for record in records if record.state is TrialState.FAILED]
    return dict(Counter(reason.strip().splitlines()[0] for reason in reasons))
