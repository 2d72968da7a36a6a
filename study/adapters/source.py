"""Who decides what is trained next: a source of trial plans, told of what became of each."""

from __future__ import annotations

from abc import ABC, abstractmethod

from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord


class TrialSource(ABC):
    """Hands out trials until there are no more. Called from one thread."""

    @abstractmethod
    def next(self) -> TrialRecord | None:
        """Return the next trial to run, or None where no more will come.

        A trial that was interrupted comes back with the epochs it has and the checkpoint to go on from.
        """

    @abstractmethod
    def report(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Hear of an epoch that a trial finished."""

    @abstractmethod
    def finish(self, record: TrialRecord) -> None:
        """Hear of a trial that ended: complete, pruned or failed."""
