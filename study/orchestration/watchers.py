"""What shows a person a study's trials: its log, TensorBoard, the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from study.adapters.progress import LoggedProgress, Progress, make_progress
from study.adapters.tensorboard import StudySummary, TensorBoardWatcher
from study.adapters.trial_log import TrialLogWatcher
from study.adapters.watcher import Watcher
from study.orchestration.directory import LOG
from study.orchestration.leaderboard import leaderboard
from study.orchestration.leaderboard_text import leaderboard_markdown
from study.values.arm import Arm
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.spec import StudySpec


def study_watchers(
    spec: StudySpec,
    arms: Sequence[Arm],
    directory: Path,
    purpose: Purpose,
    records: Sequence[TrialRecord],
    *,
    total: Callable[[], int],
    quiet: bool,
) -> list[Watcher]:
    """Return what watches a phase of a study.

    Args:
        spec: The study's.
        arms: Its arms.
        directory: Its folder on this machine.
        purpose: Of the phase's trials.
        records: All that the study has so far.
        total: Returns the trials of the whole phase as far as is known, earlier ones included.
        quiet: Show nothing in the terminal.
    """

    def table(now: Sequence[TrialRecord]) -> str:
        return leaderboard_markdown(leaderboard(arms, now, confidence=spec.assessment.confidence))

    earlier = [record for record in records if record.plan.purpose is purpose]
    progress = Progress(arms, total(), phase=purpose.value, earlier=earlier, count_anew=total)
    watchers: list[Watcher] = [
        TensorBoardWatcher(directory, arms, earlier=records, shown=spec.tensorboard),
        StudySummary(directory, arms, table, earlier=records),
        LoggedProgress(progress, directory / LOG),
        TrialLogWatcher(directory),
    ]
    if not quiet:
        watchers.append(make_progress(arms, total(), phase=purpose.value, earlier=earlier, count_anew=total))
    return watchers
