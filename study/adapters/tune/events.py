"""What Ray Tune says of its trials, told to the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray.tune import Callback

from study.adapters.checkpoint_shelf import CheckpointShelf
from study.adapters.ledger import Ledger
from study.adapters.tune.keys import FAILURE, RECORD, TEST, TRACEBACK
from study.values.records import EpochRecord
from study.values.states import TrialState


class LedgerEvents(Callback):  # type: ignore[misc]
    """Translates Tune's events; decides by what happened, not by Tune's status, how a trial ended."""

    def __init__(self, ledger: Ledger, shelf: CheckpointShelf, was_stopped: Callable[[str], bool]) -> None:
        """Wrap a ledger.

        Args:
            ledger: What is told.
            shelf: Where checkpoints are put.
            was_stopped: Whether the scheduler stopped the trial of that id.
        """
        self._ledger = ledger
        self._shelf = shelf
        self._was_stopped = was_stopped

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note a trial's start, or its next start after its node died."""
        self._ledger.start(trial.trial_id)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Note an epoch and, of an assessment, its test metrics."""
        if RECORD in result:
            self._ledger.epoch(trial.trial_id, EpochRecord.model_validate_json(result[RECORD]))
        if TEST in result:
            self._ledger.test(trial.trial_id, result[TEST])

    def on_checkpoint(self, iteration: int, trials: list[Any], trial: Any, checkpoint: Any, **info: Any) -> None:
        """Note a checkpoint."""
        plan = self._ledger.plan(trial.trial_id)
        self._ledger.checkpoint(trial.trial_id, self._shelf.put(plan, str(checkpoint.path)))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note how a trial ended."""
        key, result = trial.trial_id, trial.last_result or {}
        if FAILURE in result:
            self._ledger.end(key, TrialState.FAILED, result[FAILURE], result.get(TRACEBACK))
        elif self._ledger.is_whole(key):
            self._ledger.end(key, TrialState.COMPLETE)
        elif self._was_stopped(key):
            self._ledger.end(key, TrialState.PRUNED, "stopped early by the scheduler")
        else:
            self._ledger.interrupt(key)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note that a trial's process died for good."""
        self._ledger.end(trial.trial_id, TrialState.FAILED, "its worker died", str(trial.get_error()))
