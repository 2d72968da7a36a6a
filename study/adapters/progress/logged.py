"""Progress as a log file: what a study did and when, to be read or followed from anywhere."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from study.adapters.progress.plain import PlainProgress
from study.adapters.progress.state import Progress


class LoggedProgress(PlainProgress):
    """Adds dated lines to the end of a file."""

    def __init__(self, progress: Progress, path: Path) -> None:
        """Open the log.

        Args:
            progress: What is counted.
            path: The log's file; made where it is not there.
        """
        self._file = path.open("a", encoding="utf-8", buffering=1)  # a line at a time: it is followed while it grows
        super().__init__(progress, Console(file=self._file), dated=True)

    def close(self) -> None:
        """Write where the phase was left, and let go of the file."""
        super().close()
        self._file.close()
