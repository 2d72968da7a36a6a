"""Progress drawn in place on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from rich.console import Console, RenderableType
from rich.live import Live

from study.adapters.progress.drawing import draw
from study.adapters.progress.state import Progress
from study.adapters.progress.wording import death_line
from study.adapters.watcher import Watcher
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord


class LiveProgress(Watcher):
    """Keeps a bar and a table of arms up to date; what else is printed scrolls above them."""

    def __init__(self, progress: Progress, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Get ready; drawing begins with the first trial.

        Args:
            progress: What is counted.
            console: The terminal.
            clock: Seconds of a monotonic clock.
        """
        self._progress = progress
        self._clock = clock
        self._lock = Lock()  # rich draws from a thread of its own, so that the time left runs down between events
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=2)

    def on_start(self, record: TrialRecord) -> None:
        """Count a trial."""
        with self._lock:
            self._progress.start(record, self._clock())
        self._live.start()

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Do nothing: the drawing is refreshed by the clock."""

    def on_death(self, record: TrialRecord, reason: str) -> None:
        """Write above the drawing why a trial is tried again."""
        line = death_line(self._progress, record, reason)
        self._live.console.print(line, markup=False, highlight=False, emoji=False)

    def on_end(self, record: TrialRecord) -> None:
        """Count how a trial ended."""
        with self._lock:
            self._progress.end(record, self._clock())

    def close(self) -> None:
        """Draw a last time and leave it standing."""
        with self._lock:
            self._progress.recount()
        self._live.stop()

    def _draw(self) -> RenderableType:
        with self._lock:
            return draw(self._progress, self._clock())
