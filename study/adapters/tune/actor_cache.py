"""Which actors of ended trials are kept for the next trial, where requests differ by node."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from typing import Any

GRACE_S = 2.0
"""Seconds that an actor is kept before anybody asks for it: the next trial is suggested in a later turn of Tune's
loop than the one in which its place became free."""


class ActorCache:
    """Keeps the actor of every ended trial for a moment, and as long as a trial with an equal request waits.

    It stands in for the cache of Tune's controller. That one keeps no actor at all while a trial with another request
    waits: with a request a node, one actor that starts would cost every trial that ends meanwhile its own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Open an empty cache.

        Args:
            clock: Seconds.
        """
        self._clock = clock
        self._kept: defaultdict[Hashable, list[tuple[float, Any]]] = defaultdict(list)
        self._wanted: Counter[Hashable] = Counter()

    @property
    def num_cached_objects(self) -> int:
        """Actors kept."""
        return sum(map(len, self._kept.values()))

    @property
    def total_max_objects(self) -> int:
        """Trials that wait for an actor."""
        return sum(self._wanted.values())

    def increase_max(self, key: Hashable, by: int = 1) -> None:
        """Note that a trial waits."""
        self._wanted[key] += by

    def decrease_max(self, key: Hashable, by: int = 1) -> None:
        """Note that a trial waits no longer."""
        self._wanted[key] -= by

    def has_cached_object(self, key: Hashable) -> bool:
        """Whether an actor is kept for such a request."""
        return bool(self._kept[key])

    def cache_object(self, key: Hashable, obj: Any) -> bool:
        """Keep an actor."""
        self._kept[key].append((self._clock(), obj))
        return True

    def pop_cached_object(self, key: Hashable) -> Any:
        """Give an actor away, None where none is kept."""
        return self._kept[key].pop(0)[1] if self._kept[key] else None

    def flush_cached_objects(self, force_all: bool = False) -> Iterator[Any]:
        """Yield the actors that nobody asked for in time, or all, and forget them; what they held is free again."""
        for key, kept in list(self._kept.items()):
            while kept and (force_all or self._is_late(key, kept)):
                yield kept.pop(0)[1]

    def _is_late(self, key: Hashable, kept: list[tuple[float, Any]]) -> bool:
        return len(kept) > self._wanted[key] and self._clock() - kept[0][0] > GRACE_S


def keep_actors(tune_controller: Any) -> None:
    """Give Tune's controller, as its schedulers see it, this cache in place of its own."""
    controller = getattr(tune_controller, "_tune_controller", tune_controller)
    # Not of Tune's interface: where it is called otherwise, Tune goes by its own rules and starts more actors.
    if hasattr(controller, "_actor_cache") and not isinstance(controller._actor_cache, ActorCache):
        controller._actor_cache = ActorCache()
