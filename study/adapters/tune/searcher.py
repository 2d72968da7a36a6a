"""A trial source as a Ray Tune searcher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher

from study.adapters.ledger import Ledger
from study.adapters.tune.keys import ARM, NUMBER, PLAN


class SourceSearcher(Searcher):  # type: ignore[misc]
    """Hands Tune the plans of a ledger's source, no more at once than there is room for.

    A configuration is asked for when a place is free and not before: the sampler then knows all that has finished,
    and with one worker the order of questions and answers is always the same.
    """

    def __init__(self, ledger: Ledger, capacity: Callable[[], int]) -> None:
        """Wrap a ledger.

        Args:
            ledger: Where trials come from.
            capacity: Trials that fit the cluster now; asked anew each time, since a cluster grows and shrinks.
        """
        super().__init__()
        self._ledger = ledger
        self._capacity = capacity

    def suggest(self, trial_id: str) -> Any:
        """Return the next trial's config, FINISHED where no more will come, None while there is no room."""
        if self._ledger.num_live >= self._capacity():
            return None
        plan = self._ledger.take(trial_id)
        if plan is None:
            return Searcher.FINISHED
        return {PLAN: plan.model_dump_json(), ARM: plan.arm.id, NUMBER: plan.id}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Do nothing: the callback tells the ledger."""

    def save(self, checkpoint_path: str) -> None:
        """Write nothing: a study resumes from its own records."""

    def restore(self, checkpoint_path: str) -> None:
        """Read nothing."""

    def save_to_dir(self, checkpoint_dir: str, session_str: str = "default") -> None:
        """Write nothing."""
