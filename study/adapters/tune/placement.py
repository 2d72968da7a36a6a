"""Which node a trial goes to, so that trials of one backbone share what the node has cached of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from study.adapters.source import Cost


class Placement:
    """Packs the trials of a backbone on nodes that ran it before; knows nodes by name and how many trials fit each.

    A node that is idle comes first, whatever it ran: nothing is left idle for the caches' sake. Where a trial goes is
    a wish, which the cluster may not be able to grant.
    """

    def __init__(self) -> None:
        self._live: dict[str, str] = {}
        self._ran: defaultdict[str, set[str]] = defaultdict(set)

    def cost(self, rooms: Mapping[str, int]) -> Cost:
        """Return how dear a backbone's trial would be now: 0 where a node that is next in turn ran it before.

        Elsewhere the dearer the more nodes ran it: a backbone that has no node yet comes before one that has.

        Args:
            rooms: Trials that each node holds.
        """
        turn = self._next_in_turn(rooms)

        def of(backbone: str) -> int:
            ran = self._ran.get(backbone, set())
            return 0 if ran & turn else 1 + len(ran)

        return of

    def place(self, trial: str, backbone: str, rooms: Mapping[str, int]) -> str | None:
        """Return the node for a trial and count it there; None where no node has room.

        Args:
            trial: Its key, to release it by.
            backbone: Its backbone's name.
            rooms: Trials that each node holds.
        """
        free = self._free(rooms)
        turn = sorted(self._next_in_turn(rooms))
        if not turn:
            return None

        def rank(node: str) -> tuple[bool, int, int]:
            others = sum(node in nodes for name, nodes in self._ran.items() if name != backbone)
            return node not in self._ran[backbone], others, -free[node]

        node = min(turn, key=rank)
        self._live[trial] = node
        self._ran[backbone].add(node)
        return node

    def release(self, trial: str) -> None:
        """Note that a trial ended."""
        self._live.pop(trial, None)

    def _free(self, rooms: Mapping[str, int]) -> dict[str, int]:
        live = Counter(self._live.values())
        return {node: room - live[node] for node, room in rooms.items() if room > live[node]}

    def _next_in_turn(self, rooms: Mapping[str, int]) -> set[str]:
        """Return the nodes with room that are idle; where none is, all with room."""
        free = self._free(rooms)
        return {node for node, room in free.items() if room == rooms[node]} or set(free)
