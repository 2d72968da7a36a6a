"""A trial source as a Ray Tune searcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ray.tune.search import Searcher

from study.adapters.ledger import Ledger
from study.adapters.source import no_difference
from study.adapters.tune.keys import ARM, NODE, NUMBER, PLAN
from study.adapters.tune.placement import Placement


class SourceSearcher(Searcher):  # type: ignore[misc]
    """Hands Tune the plans of a ledger's source, no more at once than there is room for.

    A configuration is asked for when a place is free and not before: the sampler then knows all that has finished,
    and with one worker the order of questions and answers is always the same.
    """

    def __init__(self, ledger: Ledger, capacity: Callable[[], int], rooms: Callable[[], Mapping[str, int]]) -> None:
        """Wrap a ledger.

        Args:
            ledger: Where trials come from.
            capacity: Trials that fit the cluster now; asked anew each time, since a cluster grows and shrinks.
            rooms: Of each node, by its id, how many trials it holds now.
        """
        super().__init__()
        self._ledger = ledger
        self._capacity = capacity
        self._rooms = rooms
        self._placement = Placement()

    def suggest(self, trial_id: str) -> Any:
        """Return the next trial's config, FINISHED where no more will come, None while there is no room."""
        capacity = self._capacity()
        if self._ledger.num_live >= capacity:
            return None
        rooms = self._rooms()
        # With one trial at a time or one node the order is the source's own, as on any other machine.
        matters = capacity > 1 and sum(room > 0 for room in rooms.values()) > 1
        plan = self._ledger.take(trial_id, self._placement.cost(rooms) if matters else no_difference)
        if plan is None:
            return Searcher.FINISHED
        node = self._placement.place(trial_id, plan.arm.backbone.name, rooms)
        return {PLAN: plan.model_dump_json(), ARM: plan.arm.id, NUMBER: plan.id, NODE: node if matters else None}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Note that its place is free; the callback tells the ledger."""
        self._placement.release(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Write nothing: a study resumes from its own records."""

    def restore(self, checkpoint_path: str) -> None:
        """Read nothing."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Write nothing."""
