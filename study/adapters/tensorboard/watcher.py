"""Shows a study's trials in TensorBoard while they run: `tensorboard --logdir STUDY_DIRECTORY`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from study.adapters.tensorboard import summaries
from study.adapters.tensorboard.event_files import write_once
from study.adapters.tensorboard.experiment import study_experiment
from study.adapters.tensorboard.trial_events import TrialEvents
from study.adapters.watcher import Watcher
from study.values.arm import Arm
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord


class TensorBoardWatcher(Watcher):
    """Writes each trial's curves and hyperparameters into its folder, which names its run."""

    def __init__(self, directory: Path, arms: Sequence[Arm], *, earlier: Sequence[TrialRecord] = ()) -> None:
        """Describe the study to the HPARAMS tab.

        Args:
            directory: The study directory.
            arms: All of the study's: they say which columns there are.
            earlier: Records of trials before now. A process that died between a trial's end on record and here left
                that end unwritten; it is made up for. Trials end one at a time, so only the last can be meant.
        """
        self._directory = directory
        self._open: dict[str, TrialEvents] = {}
        write_once(directory, "study", summaries.experiment(study_experiment(arms)))
        ended = [record for record in earlier if record.ended_at is not None]
        if ended:
            self.on_end(max(ended, key=lambda record: record.ended_at or 0.0))

    def on_start(self, record: TrialRecord) -> None:
        """Write a trial's hyperparameters, and any epoch on record that is not written yet."""
        self._events(record.plan).start(record)

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Write an epoch's metrics."""
        self._events(plan).epoch(epoch)

    def on_end(self, record: TrialRecord) -> None:
        """Write a trial's test metrics, if it has any, and how it ended."""
        events = self._events(record.plan)
        events.start(record)
        events.end(record)
        del self._open[record.plan.folder]

    def close(self) -> None:
        """Write out and let go of every file."""
        for events in self._open.values():
            events.close()
        self._open.clear()

    def _events(self, plan: TrialPlan) -> TrialEvents:
        if plan.folder not in self._open:
            self._open[plan.folder] = TrialEvents(self._directory / plan.folder)
        return self._open[plan.folder]
