"""What trials of a population hand on to those that go on from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from study.adapters.checkpoint_shelf import CheckpointHome
from study.values.plan import TrialPlan
from study.values.records import TrialRecord


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a trial left when it ended."""

    checkpoint: str | None
    """Folder, relative to the study directory; None where there is none."""
    micro_batches: int
    """Parts that memory wanted its batches in."""


class HandedOn:
    """Kept for as long as it is wanted: until all trials of the next generation have ended."""

    def __init__(self, size: int, checkpoints: CheckpointHome, earlier: Iterable[TrialRecord]) -> None:
        """Take what ended before.

        Args:
            size: Trials of a generation.
            checkpoints: Their place.
            earlier: Records of the study's searched trials.
        """
        self._size = size
        self._checkpoints = checkpoints
        self._ended: dict[tuple[str, int], dict[int, Left]] = {}
        """Of each arm and last epoch, by the trial's number."""
        for record in earlier:
            if record.state.is_final:
                self._note(record)

    def left_by(self, arm: str, trial: int, epoch: int) -> Left | None:
        """Return what a trial left; None where that is not known.

        Args:
            arm: Its arm's id.
            trial: Its number.
            epoch: Its last.
        """
        return self._ended.get((arm, epoch), {}).get(trial)

    def ended(self, record: TrialRecord) -> None:
        """Note that a trial ended; remove what is wanted no more."""
        self._note(record)
        plan = record.plan
        if len(self._ended[_generation(plan)]) < self._size:
            return
        for left in self._ended.pop((plan.arm.id, plan.epochs_before), {}).values():
            if left.checkpoint is not None:
                self._checkpoints.remove(left.checkpoint)

    def _note(self, record: TrialRecord) -> None:
        left = Left(checkpoint=record.checkpoint, micro_batches=record.plan.micro_batches)
        self._ended.setdefault(_generation(record.plan), {})[record.plan.number] = left


def _generation(plan: TrialPlan) -> tuple[str, int]:
    return plan.arm.id, plan.epochs
