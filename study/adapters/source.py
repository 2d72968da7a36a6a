"""Who decides what is trained next: a source of trial plans, told of what became of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord

Cost = Callable[[str], int]
"""How dear a trial of a backbone, by its name, would be where there is room now."""


def no_difference(backbone: str) -> int:
    """Find all backbones equally dear."""
    return 0


class TrialSource(ABC):
    """Hands out trials until there are no more. Called from one thread."""

    @abstractmethod
    def next(self, cost: Cost = no_difference) -> TrialRecord | None:
        """Return the next trial to run, or None where no more will come.

        A trial that was interrupted comes back with the epochs it has and the checkpoint to go on from.

        Args:
            cost: Decides between trials that are about equally due.
        """

    @abstractmethod
    def report(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Hear of an epoch that a trial finished."""

    @abstractmethod
    def finish(self, record: TrialRecord) -> None:
        """Hear of a trial that ended: complete, pruned or failed."""
