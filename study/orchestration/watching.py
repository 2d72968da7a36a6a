"""How far a study has come, put together from its records alone: any process may watch, on any machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.adapters.progress import Progress
from study.adapters.record_follower import RecordFollower
from study.orchestration.assessment_plans import assessment_plans, num_possible
from study.orchestration.racing import to_be_assessed
from study.orchestration.selected import by_arm
from study.orchestration.status import StudyStatus, remaining_trials, study_status
from study.orchestration.study import Study
from study.values.arm import Arm
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.spec import StudySpec


@dataclass(frozen=True)
class Look:
    """A study at one moment."""

    status: StudyStatus
    progress: Progress
    """Of the phase that the study is in; its clock is Unix time."""


class Watch:
    """Looks at a study again and again, while another process runs it."""

    def __init__(self, study: Study) -> None:
        """Get ready to look."""
        self._study = study
        self._records = RecordFollower(study.directory, location=study.location)

    def look(self) -> Look:
        """Return how the study stands now; `resume --trials` in between counts from the next look on."""
        study = Study.open(self._study.location)
        records = self._records.read()
        status = study_status(study.spec, study.arms, records, directory=study.location, running=study.is_running)
        return Look(status, progress_of(study.spec, study.arms, records, phase=status.phase))


def progress_of(spec: StudySpec, arms: Sequence[Arm], records: Sequence[TrialRecord], *, phase: str) -> Progress:
    """Return how far a phase has come; its clock is Unix time.

    Args:
        spec: The study's.
        arms: Its arms.
        records: All of its records.
        phase: `search`, `assessment` or `done`, as the study's status says; one that is done shows its last.
    """
    purpose = Purpose.SEARCH if phase == "search" else Purpose.ASSESSMENT
    if purpose is Purpose.SEARCH:
        searched = by_arm(arms, records, purpose)
        total = sum(map(len, searched.values())) + sum(remaining_trials(spec, arms, records).values())
    else:
        total = num_possible(assessment_plans(spec, to_be_assessed(spec, arms, records).values()), records)
    progress = Progress(arms, total, phase=purpose.value, earlier=())
    for at, _, ends, record in sorted(_events(records, purpose), key=lambda event: event[:3]):
        if ends:
            progress.end(record, at)
        else:
            progress.start(record, at)
    return progress


def _events(records: Sequence[TrialRecord], purpose: Purpose) -> list[tuple[float, int, bool, TrialRecord]]:
    """Return every start and end: when, of which record, whether it is an end."""
    found = []
    for number, record in enumerate(records):
        if record.plan.purpose is purpose:
            found.append((record.started_at, number, False, record))
            if record.ended_at is not None:
                found.append((record.ended_at, number, True, record))
    return found
