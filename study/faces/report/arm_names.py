"""Arms by what tells them apart: those on the same tasks together, under names no longer than they need be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_PROTOCOL, _BACKBONE, _TASKS = range(3)
_PARTS = ((_BACKBONE,), (_PROTOCOL, _BACKBONE), (_BACKBONE, _TASKS), (_PROTOCOL, _BACKBONE, _TASKS))
"""Of an arm's id, what may do for a name, the shortest first."""


def by_tasks(arms: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of arms by the tasks they are on, in the order given: only within these do objectives compare."""
    found: dict[str, list[str]] = {}
    for arm in arms:
        found.setdefault(arm.split("/")[_TASKS], []).append(arm)
    return found


def short_names(arms: Sequence[str], *, joined: str = "/") -> Mapping[str, str]:
    """Return for each arm's id the fewest of its parts that tell it from the others.

    Args:
        arms: Their ids, `protocol/backbone/tasks`.
        joined: What stands between the parts.
    """
    for parts in _PARTS:
        names = {arm: joined.join(arm.split("/")[part] for part in parts) for arm in arms}
        if len(set(names.values())) == len(names):
            break
    return names
