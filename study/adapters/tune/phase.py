"""The phases of a sweep, such as search and assessment: one after the other in the same actors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from study.adapters.ledger import Ledger
from study.adapters.source import Cost, no_difference
from study.adapters.tune.brackets import STOPPED_EARLY, ArmBrackets
from study.adapters.tune.retries import Retries
from study.adapters.tune.stopping import StopRequest
from study.values.plan import TrialPlan
from study.values.states import TrialState


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Trials of one purpose."""

    ledger: Ledger
    """Trials in, their epochs and ends out."""
    brackets: ArmBrackets
    """Stop trials early."""
    retries: Retries
    """Hands trials out again whose process died."""
    deadline: float | None = None
    """On the monotonic clock: after it no trial is handed out, and those that run are let go of."""

    def take(self, cost: Cost = no_difference, num_places: int = 1) -> Sequence[TrialPlan]:
        """Return the plans due next in one place: first of trials whose process died, then new ones; empty if no more
        come.

        A trial that was stopped early, whose process died before that was on record, ends here.

        Args:
            cost: Decides between trials that are about equally due.
            num_places: Trials or packs that the cluster holds at once.
        """
        while plans := self.retries.take() or self.ledger.take(cost, num_places):
            going_on = [plan for plan in plans if self._goes_on(plan)]
            if going_on:
                return going_on
        return []

    def _goes_on(self, plan: TrialPlan) -> bool:
        if self.brackets.goes_on(plan.arm.id, plan.folder) or self.ledger.is_whole(plan.folder):
            return True
        self.ledger.start(plan.folder)  # nobody who watches hears of an end without a beginning
        self.ledger.end(plan.folder, TrialState.PRUNED, STOPPED_EARLY)
        return False

    @property
    def time_is_up(self) -> bool:
        """Whether the deadline is past."""
        return self.deadline is not None and time.monotonic() >= self.deadline


class Phases:
    """Which phase a sweep is in. The next one begins when nothing of the one before runs any more."""

    def __init__(self, phases: Iterator[Phase], stop: StopRequest | None = None) -> None:
        """Begin with the first.

        Args:
            phases: In order, at least one; each is asked for when the one before is over.
            stop: Ends them all, once it is made.
        """
        self._phases = phases
        self._stop = stop or StopRequest()
        self.current = next(phases)

    @property
    def are_stopping(self) -> bool:
        """Whether nothing new is to begin, and what runs is to be let go of after its epoch."""
        return self._stop.is_made

    @property
    def nothing_begins(self) -> bool:
        """Whether no more of this phase is handed out."""
        return self.are_stopping or self.current.time_is_up

    def advance(self) -> bool:
        """Go on to the next phase, if there is one."""
        following = None if self.are_stopping else next(self._phases, None)
        if following is None:
            return False
        self.current = following
        return True
