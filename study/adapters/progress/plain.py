"""Progress as plain lines: for logs, pipes and notebooks' terminals that draw nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from rich.console import Console

from study.adapters.progress.state import Progress
from study.adapters.progress.wording import counts_line, death_line, end_line
from study.adapters.watcher import Watcher
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord

HEARTBEAT_S = 30.0


class PlainProgress(Watcher):
    """Writes a line a trial that ended, and the counts when an epoch comes after 30 s without a line."""

    def __init__(
        self,
        progress: Progress,
        console: Console,
        *,
        dated: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to write.

        Args:
            progress: What is counted.
            console: Where lines go.
            dated: Whether each line begins with date and time, as in a log that is read much later.
            clock: Seconds of a monotonic clock.
        """
        self._progress = progress
        self._dated = dated
        self._console = console
        self._clock = clock
        self._last_line = clock()

    def on_start(self, record: TrialRecord) -> None:
        """Count a trial."""
        self._progress.start(record, self._clock())
        self._heartbeat()

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Write the counts if nothing was written for a while."""
        self._heartbeat()

    def on_death(self, record: TrialRecord, reason: str) -> None:
        """Write why a trial is tried again."""
        self._write(death_line(self._progress, record, reason), self._clock())

    def on_end(self, record: TrialRecord) -> None:
        """Write how a trial ended."""
        now = self._clock()
        self._progress.end(record, now)
        self._write(end_line(self._progress, record, now), now)

    def close(self) -> None:
        """Write where the phase was left."""
        now = self._clock()
        self._progress.recount()
        self._write(counts_line(self._progress, now), now)

    def _heartbeat(self) -> None:
        now = self._clock()
        if now - self._last_line >= HEARTBEAT_S:
            self._write(counts_line(self._progress, now), now)

    def _write(self, line: str, now: float) -> None:
        self._last_line = now
        if self._dated:
            line = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z} {line}"
        # A line stays a line: whoever reads a log searches it.
        self._console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
