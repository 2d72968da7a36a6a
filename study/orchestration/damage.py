"""What is damaged in a study directory is set aside before a run, so that the run makes it anew."""

from __future__ import annotations

from collections.abc import Callable

from study.adapters.record_store import RecordStore
from study.learning.manifest import DamagedCheckpointError
from study.orchestration.directory import StudyDirectory
from study.values.plan import Purpose
from study.values.states import TrialState


def set_damaged_aside(directory: StudyDirectory, records: RecordStore, say: Callable[[str], None]) -> None:
    """Set aside every trial of which a record is damaged, and every assessment whose checkpoint is.

    The run trains them anew.

    Args:
        directory: The study directory, held by this process.
        records: Its records.
        say: Is told in a line what was set aside, and why.
    """
    for folder, error in records.damaged().items():
        place = directory.set_aside(folder)
        say(f"{error}; set aside to {place}, the trial is trained anew")
    for record in records.read_all(Purpose.ASSESSMENT):
        if record.state is TrialState.COMPLETE and record.checkpoint is not None:
            try:
                directory.check(record.checkpoint)
            except DamagedCheckpointError as error:
                place = directory.set_aside(record.plan.folder)
                say(f"{error}; set aside to {place}, the assessment is trained anew")
