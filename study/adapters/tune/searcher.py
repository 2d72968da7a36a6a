"""A trial source as a Ray Tune searcher."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ray.tune.search import Searcher

from study.adapters.source import Cost, no_difference
from study.adapters.tune.keys import ARM, MEMBERS, NODE, NUMBER, PLANS
from study.adapters.tune.phase import Phases
from study.adapters.tune.placement import Placement
from study.values.plan import TrialPlan


class SourceSearcher(Searcher):  # type: ignore[misc]
    """Hands Tune the plans of a sweep, phase by phase, no more at once than there is room for.

    Where trials run side by side, one more configuration is drawn while all places are taken, so that a free place
    does not wait for the sampler. With one place each is drawn when the one before has ended: the order of questions
    and answers is then always the same.
    """

    def __init__(self, phases: Phases, rooms: Callable[[], Mapping[str, int]], max_concurrent: int | None) -> None:
        """Follow the phases of a sweep.

        Args:
            phases: Where trials come from.
            rooms: Of each node, by its id, how many trials it holds now: a cluster grows and shrinks.
            max_concurrent: Trials or packs at once; as many as there is room for where None.
        """
        super().__init__()
        self._phases = phases
        self._rooms = rooms
        self._max_concurrent = max_concurrent
        self._placement = Placement()
        self._running: set[str] = set()
        """Tune's ids of the trials and packs that were handed out and have not ended."""

    def suggest(self, trial_id: str) -> Any:
        """Return the config of the next trial or pack, FINISHED if no more will come, None while there is no room."""
        rooms = self._phases.current.retries.without_doubted(self._rooms())
        capacity = min(sum(rooms.values()), self._max_concurrent or math.inf)
        if len(self._running) >= capacity:
            if capacity > 1 and not self._phases.nothing_begins:
                self._phases.current.ledger.prepare()
            return None
        # With one trial at a time or one node the order is the source's own, as on any other machine.
        matters = capacity > 1 and sum(room > 0 for room in rooms.values()) > 1
        cost = self._placement.cost(rooms) if matters else no_difference
        plans = self._take(cost, int(capacity))
        while not plans:
            # What runs may die, and has to be handed out again then; what died may have to wait for its turn.
            if self._running or self._waits:
                return None
            if not self._phases.advance():
                return Searcher.FINISHED
            plans = self._take(cost, int(capacity))
        self._running.add(trial_id)
        node = self._placement.place(trial_id, plans[0].arm.backbone.name, rooms)
        return {
            PLANS: [plan.model_dump_json() for plan in plans],
            MEMBERS: [plan.folder for plan in plans],
            ARM: plans[0].arm.id,
            NUMBER: plans[0].id if len(plans) == 1 else f"{plans[0].id}-to-{plans[-1].id}",
            NODE: node if matters else None,
        }

    @property
    def _waits(self) -> bool:
        return self._phases.current.retries.are_waiting and not self._phases.nothing_begins

    def _take(self, cost: Cost, num_places: int) -> Sequence[TrialPlan]:
        """Return what is due in this phase; nothing after its time."""
        return [] if self._phases.nothing_begins else self._phases.current.take(cost, num_places)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Note that its place is free; the callback tells the ledger."""
        self._running.discard(trial_id)
        self._placement.release(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Write nothing: a study resumes from its own records."""

    def restore(self, checkpoint_path: str) -> None:
        """Read nothing."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Write nothing."""
