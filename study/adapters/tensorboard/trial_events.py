"""A trial's events: its hyperparameters, its curves, how it ended; each written once, however often it is told."""

from __future__ import annotations

from pathlib import Path

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.metadata import SESSION_END_INFO_TAG, SESSION_START_INFO_TAG

from study.adapters.tensorboard import summaries
from study.adapters.tensorboard.event_files import read_events, remove
from study.adapters.tensorboard.event_log import EventLog
from study.adapters.tensorboard.hparams import plan_hparams
from study.adapters.tensorboard.short_form import SHORT_FORM
from study.values.metric_names import OBJECTIVE
from study.values.records import EpochRecord, TrialRecord


class TrialEvents:
    """The event files of one trial; a process that goes on with it adds a file to its folder."""

    def __init__(self, folder: Path) -> None:
        """Find out what the folder holds already.

        Args:
            folder: Of the trial; need not exist yet.
        """
        self._log = EventLog(folder)
        self._epochs: set[int] = set()
        self._tags: set[str] = set()
        # The short form is of an end. Who goes on after it went back to a record from before: its curve is wanted.
        remove(folder, SHORT_FORM)
        for event in read_events(folder):
            for value in event.summary.value:
                self._tags.add(value.tag)
                if value.tag == OBJECTIVE:
                    self._epochs.add(event.step)

    def start(self, record: TrialRecord) -> None:
        """Write the hyperparameters, and the epochs that the record has."""
        if SESSION_START_INFO_TAG not in self._tags:
            self._write(summaries.session_start(plan_hparams(record.plan), at=record.started_at))
        for epoch in record.epochs:
            self._write_epoch(epoch)
        self._log.flush()

    def epoch(self, epoch: EpochRecord) -> None:
        """Write an epoch's metrics."""
        self._write_epoch(epoch)
        self._log.flush()

    def end(self, record: TrialRecord) -> None:
        """Write its metrics on examples held out and how the trial ended, and let go of the file."""
        if SESSION_END_INFO_TAG not in self._tags:
            if record.held_out:
                self._write(summaries.scalars(record.held_out), step=record.last_epoch)
            self._write(summaries.outcome(record))
            self._write(summaries.session_end(record))
        self.close()

    def close(self) -> None:
        """Write out and let go of the file."""
        self._log.close()

    def _write_epoch(self, epoch: EpochRecord) -> None:
        if epoch.epoch not in self._epochs:
            self._epochs.add(epoch.epoch)
            self._write(summaries.scalars(epoch.metrics), step=epoch.epoch)

    def _write(self, summary: Summary, *, step: int = 0) -> None:
        self._log.write(summary, step=step)
        self._tags.update(value.tag for value in summary.value)
