"""Trials whose worker or node died, handed out again."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

from ray.exceptions import ActorUnavailableError

from study.adapters.checkpoint_shelf import CheckpointHome
from study.adapters.ledger import Ledger
from study.adapters.tune.out_of_memory import can_halve, is_out_of_memory
from study.values.plan import TrialPlan
from study.values.states import TrialState

DOUBT_S = 30.0
"""Seconds for which nothing more goes to a node whose actor does not answer: by then Ray has found out whether it is
there (it takes 14 s to call a killed one dead)."""


WAIT_S = 5.0
"""Seconds before a trial is tried again on a node that had no memory for it; twice as many every further time."""


class Retries:
    """Puts trials whose process died back in the queue, to go on from their last checkpoint.

    Tune could try again itself, but gives a trial up where its actor dies while it is handed to it (the failed reset
    is counted twice, and the second time the trial is not running), and asks for the same node again.
    """

    def __init__(
        self,
        ledger: Ledger,
        checkpoints: CheckpointHome,
        max_failures: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with none.

        Args:
            ledger: The trials' records.
            checkpoints: Those of running trials.
            max_failures: Times that a trial is tried again.
            clock: Seconds.
        """
        self._ledger = ledger
        self._checkpoints = checkpoints
        self._max_failures = max_failures
        self._clock = clock
        self._deaths: Counter[str] = Counter()
        self._again: deque[tuple[float, list[str]]] = deque()
        """From when on which trials go again together."""
        self._doubted: dict[str, float] = {}
        self._late: dict[str, float] = {}

    def ran_out_of_time(self, keys: Sequence[str], limit_s: float) -> None:
        """Note that the process of some trials is about to be killed because they take too long."""
        self._late.update(dict.fromkeys((key for key in keys if self._ledger.is_live(key)), limit_s))

    def died(
        self, keys: Sequence[str], node: str | None, error: Exception | None, *, packed: bool | None = None
    ) -> None:
        """Note that the process which trained some trials died: they are tried again, or have failed.

        A pack is tried again as a whole once. After that each is alone, so that one which kills its process takes no
        other with it; so is each at once where memory did not hold them all. One that memory did not hold alone goes
        on with its batches in two parts, later.

        Args:
            keys: The trials, those that were live.
            node: Where they were meant to be.
            error: What Ray says of it.
            packed: Whether they were trained as a pack, others having ended before perhaps; where there are several if
                not given.
        """
        if node is not None and isinstance(error, ActorUnavailableError):
            self._doubted[node] = self._clock() + DOUBT_S
        packed = len(keys) > 1 if packed is None else packed
        late = {key: self._late.pop(key) for key in keys if key in self._late}
        for key, limit_s in late.items():
            if not packed:  # of a pack nobody knows which it was
                reason = f"took longer than budget.trial_wall_clock_s = {limit_s:g} s"
                self._ledger.end(key, TrialState.FAILED, reason)
        for_memory = is_out_of_memory(error)
        keys = [key for key in keys if self._ledger.is_live(key)]
        if not late and not getattr(error, "preempted", False):  # a node that was taken back is not the trials' doing
            self._deaths.update(keys)
        for key in keys:
            if self._deaths[key] > self._max_failures:
                cause = str(error).partition("\n")[0]
                self._ledger.end(key, TrialState.FAILED, f"its worker died: {cause}", str(error))
        going_on = [key for key in keys if self._ledger.is_live(key)]
        for key in going_on:
            if for_memory and not packed and can_halve(self._ledger.plan(key)):
                self._ledger.replan(key, micro_batches=2)
            self._ledger.death(key, "its pack ran out of time" if late else f"its worker died: {error}")
        alone = bool(late) or for_memory or any(self._deaths[key] > 1 for key in going_on)
        due = self._clock() + self._wait_s(going_on) if for_memory else 0.0
        self._again.extend((due, group) for group in ([[key] for key in going_on] if alone else [going_on]) if group)

    def ran_out_of_memory(self, key: str, reason: str, *, packed: bool) -> bool:
        """Note that memory did not hold a trial, whose process lives; return whether it is tried again.

        One that was alone is tried once more, with its batches in two parts: half the examples at a time, and the same
        step. One of a pack is tried alone first.

        Args:
            key: The trial, which is live.
            reason: What was said of it.
            packed: Whether it was trained as one of a pack.
        """
        if not packed:
            if not can_halve(self._ledger.plan(key)):
                return False
            self._ledger.replan(key, micro_batches=2)
        self._ledger.death(key, f"memory did not hold it: {reason}")
        self._again.append((0.0, [key]))
        return True

    @property
    def are_waiting(self) -> bool:
        """Whether there are trials to be tried again, now or later."""
        return bool(self._again)

    def take(self) -> list[TrialPlan]:
        """Return a trial or a pack that is to be tried again, ready to go on from its checkpoint; empty if none is."""
        due = next((entry for entry in self._again if entry[0] <= self._clock()), None)
        if due is None:
            return []
        self._again.remove(due)
        return [self._resumed(key) for key in due[1]]

    def without_doubted(self, rooms: Mapping[str, int]) -> Mapping[str, int]:
        """Return the nodes that are likely to answer; all where none is.

        Args:
            rooms: Trials that each node holds.
        """
        now = self._clock()
        self._doubted = {node: until for node, until in self._doubted.items() if until > now}
        return {node: room for node, room in rooms.items() if node not in self._doubted} or rooms

    def _wait_s(self, keys: Sequence[str]) -> float:
        return WAIT_S * 2.0 ** (max((self._deaths[key] for key in keys), default=1) - 1)

    def _resumed(self, key: str) -> TrialPlan:
        plan, checkpoint = self._ledger.plan(key), self._ledger.last_checkpoint(key)
        if checkpoint is None:
            return plan  # it begins as it began before: from nothing, or from another trial's checkpoint
        return plan.model_copy(update={"checkpoint": self._checkpoints.find(checkpoint)})
