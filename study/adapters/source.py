"""Who decides what is trained next: a source of trial plans, told of what became of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord

Cost = Callable[[str], int]
"""How dear a trial of a backbone, by its name, would be where there is room now."""


def no_difference(backbone: str) -> int:
    """Find all backbones equally dear."""
    return 0


class TrialSource(ABC):
    """Hands out trials until there are no more. Called from one thread."""

    decided: Mapping[str, int] = MappingProxyType({})
    """Epochs after which a trial, by its folder, ends whatever its rivals do, for it did so before."""

    @abstractmethod
    def next(self, cost: Cost = no_difference, num_places: int = 1) -> Sequence[TrialRecord]:
        """Return the trials to run next in one place: one, or several that train together as a pack.

        A trial that was interrupted comes back with the epochs it has and the checkpoint to go on from. Empty where
        no more will come.

        Args:
            cost: Decides between trials that are about equally due.
            num_places: Trials or packs that the cluster holds at once: no place is left idle for the sake of a pack.
        """

    def prepare(self) -> None:  # noqa: B027 - most have nothing to prepare
        """Make ready what is likely to be asked for next, while there is no room for it yet."""

    @abstractmethod
    def report(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Hear of an epoch that a trial finished."""

    @abstractmethod
    def finish(self, record: TrialRecord) -> None:
        """Hear of a trial that ended: complete, pruned or failed."""
