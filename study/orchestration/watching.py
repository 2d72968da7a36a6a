"""How far a study has come, put together from its records alone: any process may watch, on any machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.adapters.progress import Progress
from study.adapters.record_follower import RecordFollower
from study.orchestration.assessment_plans import assessment_plans, num_possible
from study.orchestration.contest import Contest
from study.orchestration.status import StudyStatus, study_status
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.records import TrialRecord


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
        contest = study.contest(self._records.read())
        status = study_status(contest, directory=study.location, running=study.is_running)
        return Look(status, progress_of(contest, phase=status.phase))


def progress_of(contest: Contest, *, phase: str) -> Progress:
    """Return how far a phase has come; its clock is Unix time.

    Args:
        contest: What follows from the study's records.
        phase: `search`, `assessment` or `done`, as the study's status says; one that is done shows its last.
    """
    records = contest.records
    purpose = Purpose.SEARCH if phase == "search" else Purpose.ASSESSMENT
    if purpose is Purpose.SEARCH:
        total = sum(map(len, contest.searched.values())) + sum(contest.remaining.values())
    else:
        total = num_possible(assessment_plans(contest.spec, contest.to_be_assessed.values()), records)
    progress = Progress(contest.arms, total, phase=purpose.value, earlier=())
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
