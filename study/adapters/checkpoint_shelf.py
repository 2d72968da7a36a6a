"""Where a study's checkpoints lie: those of running trials together, those of assessments with their records."""

from __future__ import annotations

import shutil
from pathlib import Path

from study.values.plan import Purpose, TrialPlan

_FOLDER = "checkpoints"


class CheckpointShelf:
    """The checkpoints of one sweep within a study directory."""

    def __init__(self, directory: Path, purpose: Purpose) -> None:
        """Open a new sweep's part of the shelf.

        Args:
            directory: The study directory.
            purpose: What the sweep's trials are for.
        """
        self._directory = directory.resolve()
        self.folder = self._directory / _FOLDER
        """Where Ray Tune writes."""
        taken = {path.name for path in self.folder.glob(f"{purpose.value}-*")}
        number = 0
        while f"{purpose.value}-{number}" in taken:
            number += 1
        self.sweep = f"{purpose.value}-{number}"
        """Name of the sweep's folder within it."""

    def put(self, plan: TrialPlan, written: Path) -> str:
        """Keep a checkpoint that was just written and return its place, relative to the study directory.

        A searched trial's stays where it is while the trial runs; an assessment's is what gets exported, so it is
        copied beside its record.
        """
        if plan.purpose is Purpose.SEARCH:
            return written.resolve().relative_to(self._directory).as_posix()
        kept = self._directory / plan.folder / "checkpoint"
        partial = kept.with_name("checkpoint.partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(written, partial)
        shutil.rmtree(kept, ignore_errors=True)
        partial.rename(kept)
        return kept.relative_to(self._directory).as_posix()

    def clear(self) -> None:
        """Remove what sweeps left: nothing is running, and what is worth keeping lies with its record."""
        shutil.rmtree(self.folder, ignore_errors=True)
