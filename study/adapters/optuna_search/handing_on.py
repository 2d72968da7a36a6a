"""Checkpoints that trials of a population hand on to those that go on from them."""

from __future__ import annotations

from collections.abc import Iterable

from study.adapters.checkpoint_shelf import CheckpointHome
from study.values.plan import TrialPlan
from study.values.records import TrialRecord


class HandedOn:
    """Where they lie, for as long as they are wanted: until all trials of the next generation have ended."""

    def __init__(self, size: int, checkpoints: CheckpointHome, earlier: Iterable[TrialRecord]) -> None:
        """Take what ended before.

        Args:
            size: Trials of a generation.
            checkpoints: Their place.
            earlier: Records of the study's searched trials.
        """
        self._size = size
        self._checkpoints = checkpoints
        self._ended: dict[tuple[str, int], dict[int, str | None]] = {}
        """Of each arm and last epoch, checkpoints by the trial's number."""
        for record in earlier:
            if record.state.is_final:
                self._note(record)

    def to(self, arm: str, trial: int, epoch: int) -> str | None:
        """Return the checkpoint that a trial left; None where it left none.

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
        for checkpoint in self._ended.pop((plan.arm.id, plan.epochs_before), {}).values():
            if checkpoint is not None:
                self._checkpoints.remove(checkpoint)

    def _note(self, record: TrialRecord) -> None:
        self._ended.setdefault(_generation(record.plan), {})[record.plan.number] = record.checkpoint


def _generation(plan: TrialPlan) -> tuple[str, int]:
    return plan.arm.id, plan.epochs
