"""Shows a study's trials in TensorBoard while they run: `tensorboard --logdir STUDY_DIRECTORY`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams.metadata import SESSION_END_INFO_TAG, SESSION_START_INFO_TAG

from study.adapters.tensorboard import summaries
from study.adapters.tensorboard.best_trials import BestTrials
from study.adapters.tensorboard.event_files import needs_rewriting, write_alone
from study.adapters.tensorboard.experiment import study_experiment
from study.adapters.tensorboard.short_form import lengthen, shorten
from study.adapters.tensorboard.trial_events import TrialEvents
from study.adapters.watcher import Watcher
from study.values.arm import Arm
from study.values.plan import Purpose, TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import Curves, TensorBoardSpec


class TensorBoardWatcher(Watcher):
    """Writes each trial's curves and hyperparameters into its folder, which names its run.

    Of ended trials that are not among the best it leaves the short form, where the spec says so. A TensorBoard that
    has read such a curve shows it until it is started again.
    """

    def __init__(
        self,
        directory: Path,
        arms: Sequence[Arm],
        *,
        earlier: Sequence[TrialRecord] = (),
        shown: TensorBoardSpec | None = None,
    ) -> None:
        """Describe the study to the HPARAMS tab, and bring the folders of earlier trials to what they should hold.

        Args:
            directory: The study directory.
            arms: All of the study's: they say which columns there are.
            earlier: Records of trials before now. A process that died between a trial's end on record and here left
                that end unwritten; it is made up for. Trials end one at a time, so only the last can be meant.
            shown: Which curves are kept; as a spec that does not say where not given.
        """
        self._directory = directory
        self._open: dict[str, TrialEvents] = {}
        self._shown = shown or TensorBoardSpec()
        self._best = BestTrials(self._shown.num_best)
        columns = Event(wall_time=time.time(), summary=summaries.experiment(study_experiment(arms)))
        write_alone(directory, "study", [columns])
        self._make_up([record for record in earlier if record.ended_at is not None])

    def on_start(self, record: TrialRecord) -> None:
        """Write a trial's hyperparameters, and any epoch on record that is not written yet."""
        self._events(record.plan).start(record)

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Write an epoch's metrics."""
        self._events(plan).epoch(epoch)

    def on_end(self, record: TrialRecord) -> None:
        """Write a trial's test metrics, if it has any, and how it ended; shorten what is no longer among the best."""
        self._end(record)
        for beaten in self._beaten_by(record):
            shorten(self._folder(beaten.plan), beaten)

    def close(self) -> None:
        """Write out and let go of every file."""
        for events in self._open.values():
            events.close()
        self._open.clear()

    def _make_up(self, ended: Sequence[TrialRecord]) -> None:
        short = {beaten.plan.folder for record in ended for beaten in self._beaten_by(record)}
        last = max(ended, key=lambda record: record.ended_at or 0.0, default=None)
        if last is not None and last.plan.folder not in short:
            self._end(last)
        marks = (SESSION_START_INFO_TAG, SESSION_END_INFO_TAG)
        damaged = needs_rewriting([self._folder(record.plan) for record in ended], marks)
        for record in ended:
            bring, folder = (shorten if record.plan.folder in short else lengthen), self._folder(record.plan)
            bring(folder, record, anew=folder in damaged)

    def _beaten_by(self, record: TrialRecord) -> list[TrialRecord]:
        """Return the trials that lose their curves now that `record` has ended."""
        if self._shown.curves is Curves.ALL or record.plan.purpose is Purpose.ASSESSMENT:
            return []
        return self._best.add(record)

    def _end(self, record: TrialRecord) -> None:
        events = self._events(record.plan)
        events.start(record)
        events.end(record)
        del self._open[record.plan.folder]

    def _events(self, plan: TrialPlan) -> TrialEvents:
        if plan.folder not in self._open:
            self._open[plan.folder] = TrialEvents(self._folder(plan))
        return self._open[plan.folder]

    def _folder(self, plan: TrialPlan) -> Path:
        return self._directory / plan.folder
