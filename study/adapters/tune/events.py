"""What Ray Tune says of its trials, told to the ledger of the phase it is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ray.tune import Callback
from ray.tune.result import SHOULD_CHECKPOINT

from study.adapters.checkpoint_shelf import CheckpointShelf
from study.adapters.ledger import Ledger
from study.adapters.tune.brackets import STOPPED_EARLY
from study.adapters.tune.death import cause_of_death
from study.adapters.tune.keys import (
    EPOCH,
    FAILURE,
    MEMBERS,
    NODE,
    OUT_OF_MEMORY,
    OVER,
    RECORD,
    TEST,
    TRACEBACK,
    TRIAL,
)
from study.adapters.tune.phase import Phases
from study.values.plan import Purpose
from study.values.records import EpochRecord
from study.values.states import TrialState


class PhaseEvents(Callback):  # type: ignore[misc]
    """Translates Tune's events; decides by what happened, not by Tune's status, how a trial ended."""

    def __init__(self, phases: Phases, shelf: CheckpointShelf) -> None:
        """Follow the phases of a sweep.

        Args:
            phases: Whose ledgers are told.
            shelf: Where checkpoints are put.
        """
        self._phases = phases
        self._shelf = shelf
        self._error: Exception | None = None
        self._handed_back: set[tuple[str, str]] = set()
        """Members, each with Tune's id of where it trained, that are tried again elsewhere."""

    @property
    def _ledger(self) -> Ledger:
        return self._phases.current.ledger

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note the start of a Tune trial's members, or their next start after its node died."""
        with self._to_be_raised():
            for key in self._noted(trial):
                self._ledger.start(key)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Note an epoch of each member and, of an assessment, its test metrics; and who of a pack has ended.

        What is let go of because the sweep is to end leaves a checkpoint first.
        """
        result[SHOULD_CHECKPOINT] = result.get(SHOULD_CHECKPOINT, False) or self._leaves_unfinished(result)
        with self._to_be_raised():
            live = self._noted(trial)
            for outcome in result[MEMBERS]:
                if outcome[TRIAL] in live:  # others were stopped, and trained on before they were told
                    self._note(trial, outcome, done=bool(result.get("done")))

    def on_checkpoint(self, iteration: int, trials: list[Any], trial: Any, checkpoint: Any, **info: Any) -> None:
        """Note a checkpoint."""
        members = trial.config[MEMBERS]
        with self._to_be_raised():
            for key in self._noted(trial):
                written = str(checkpoint.path) if len(members) == 1 else f"{checkpoint.path}/{members.index(key)}"
                self._ledger.checkpoint(key, self._shelf.put(self._ledger.plan(key), written))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note how the members ended that have not yet."""
        outcomes = {outcome[TRIAL]: outcome for outcome in (trial.last_result or {}).get(MEMBERS, ())}
        with self._to_be_raised():
            for key in self._noted(trial):
                self._end(key, outcomes.get(key, {}))
                if self._ledger.is_live(key):
                    self._ledger.interrupt(key)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note that a process died."""
        with self._to_be_raised():
            packed, cause = len(trial.config[MEMBERS]) > 1, cause_of_death(trial)
            self._phases.current.retries.died(self._noted(trial), trial.config[NODE], cause, packed=packed)

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Raise what went wrong in the step: Tune itself logs the errors of most callbacks and goes on.

        Raises:
            Exception: What a watcher or the source raised.
        """
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    @contextmanager
    def _to_be_raised(self) -> Iterator[None]:
        """Keep the first error of the block for the end of the step."""
        try:
            yield
        except Exception as error:
            self._error = self._error or error

    def _note(self, trial: Any, outcome: dict[str, Any], *, done: bool) -> None:
        """Note what a step gave for a member."""
        key = outcome[TRIAL]
        if RECORD in outcome:
            self._ledger.epoch(key, EpochRecord.model_validate_json(outcome[RECORD]))
        if TEST in outcome:
            self._ledger.test(key, outcome[TEST])
        if OUT_OF_MEMORY in outcome:
            packed = len(trial.config[MEMBERS]) > 1
            if self._phases.current.retries.ran_out_of_memory(key, outcome[FAILURE], packed=packed):
                self._handed_back.add((trial.trial_id, key))
                return
            if self._ledger.plan(key).micro_batches > 1:
                outcome = {**outcome, FAILURE: f"{outcome[FAILURE]}; with half the batch at a time too"}
        if FAILURE in outcome or not done:  # a failed one leaves no checkpoint
            self._end(key, outcome)

    def _leaves_unfinished(self, result: dict[str, Any]) -> bool:
        if not self._phases.are_stopping:
            return False
        return any(
            RECORD in outcome and self._ledger.is_live(outcome[TRIAL]) and self._goes_on(outcome)
            for outcome in result[MEMBERS]
        )

    def _goes_on(self, outcome: dict[str, Any]) -> bool:
        """Whether a member would train on, if it were let."""
        key = outcome[TRIAL]
        left = self._ledger.plan(key).epochs - outcome[EPOCH]
        return TEST not in outcome and left > 0 and key not in self._phases.current.brackets.stopped

    def _ended_here(self, key: str, outcome: dict[str, Any]) -> bool:
        """Whether the process that reports now came to the end: the checkpoint that is kept of an assessment, or of a
        trial that others go on from, is its.

        One before it may have come there too, and have died before its checkpoint was written.
        """
        plan = self._ledger.plan(key)
        if plan.has_heirs:
            return bool(outcome.get(EPOCH, plan.epochs) == plan.epochs)  # none where its checkpoint is of the last one
        return plan.purpose is Purpose.SEARCH or (TEST if plan.opens_test else OVER) in outcome

    def _noted(self, trial: Any) -> list[str]:
        """Return the members of which something may be noted: those that are live, and none once something went wrong.

        The run stops at the end of that step, and what is live goes on from what was noted before.
        """
        if self._error is not None:
            return []
        here = [key for key in trial.config[MEMBERS] if (trial.trial_id, key) not in self._handed_back]
        return [key for key in here if self._ledger.is_live(key)]

    def _end(self, key: str, outcome: dict[str, Any]) -> None:
        """Note how a member ended, if it has."""
        if FAILURE in outcome:
            self._ledger.end(key, TrialState.FAILED, outcome[FAILURE], outcome.get(TRACEBACK))
        elif self._ledger.is_whole(key) and self._ended_here(key, outcome):
            patience = self._ledger.plan(key).patience
            converged = f"no better objective for {patience} epochs" if self._ledger.has_converged(key) else None
            self._ledger.end(key, TrialState.COMPLETE, converged)
        elif key in self._phases.current.brackets.stopped:
            self._ledger.end(key, TrialState.PRUNED, STOPPED_EARLY)
