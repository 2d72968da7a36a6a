"""Who watches: told of every trial's start, epochs and end, deciding nothing."""

from __future__ import annotations

from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord


class Watcher:
    """Something that follows a study's trials; every method may be left as it is.

    All are called in the driver process, in order, from one thread. A trial resumed from an interruption starts
    again with the epochs it already has.
    """

    def on_start(self, record: TrialRecord) -> None:
        """Hear of a trial that begins, or goes on: `record.epochs` holds what it has already."""

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Hear of an epoch that a trial finished."""

    def on_checkpoint(self, record: TrialRecord) -> None:
        """Hear of a checkpoint: `record.checkpoint` is its folder."""

    def on_death(self, record: TrialRecord, reason: str) -> None:
        """Hear that the process which trained a trial died; it is going to start again, from its last checkpoint."""

    def on_end(self, record: TrialRecord) -> None:
        """Hear of a trial that ended: complete, pruned or failed."""

    def close(self) -> None:
        """Write out and let go of whatever is open."""
