"""A log file a trial, written by the driver: it needs no folder that workers share, and survives them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from study.adapters.trial_log.lines import end_lines, epoch_line, start_lines
from study.adapters.watcher import Watcher
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord

LOG_FILE = "log.txt"
"""In each trial's folder."""


class TrialLogWatcher(Watcher):
    """Appends to `<plan.folder>/log.txt` what happens to a trial."""

    def __init__(self, directory: Path) -> None:
        """Keep the logs in the study directory."""
        self._directory = directory

    def on_start(self, record: TrialRecord) -> None:
        """Log a trial's start, or that it goes on."""
        self._write(record.plan, start_lines(record.plan, epochs_before=record.last_epoch))

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Log an epoch."""
        self._write(plan, [epoch_line(plan, epoch)])

    def on_death(self, record: TrialRecord, reason: str) -> None:
        """Log why a trial is tried again."""
        self._write(record.plan, reason.splitlines())

    def on_end(self, record: TrialRecord) -> None:
        """Log how a trial ended; a failure with its traceback."""
        self._write(record.plan, end_lines(record))

    def _write(self, plan: TrialPlan, lines: list[str]) -> None:
        path = self._directory / plan.folder / LOG_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="milliseconds")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{now} {line}\n" for line in lines)
