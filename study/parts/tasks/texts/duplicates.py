"""Equal texts in several rows: what is trained on could be what is tested on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from study.values.problems import InputError

Duplicates = Literal["refuse", "drop", "keep"]
"""What is done about equal texts that could be both trained and tested on: `drop` leaves one row of each, in test if
one stands there, else in validation; `keep` leaves all, as published data sets that have some are read."""

_NUM_NAMED = 5
_KEPT_FIRST = ("test", "validation", "train")


def keep_distinct(
    rows: Sequence[tuple[str, ...]],
    split: NDArray[np.str_] | None,
    duplicates: Duplicates,
    *,
    what: str,
    place: Callable[[int], str],
) -> NDArray[np.int64]:
    """Return the positions of the rows that are left, sorted.

    Equal rows that a data set keeps in one split stay: they cannot be both trained and tested on.

    Args:
        rows: The texts.
        split: Of each row; None where examples are yet to be split at random.
        duplicates: What to do.
        what: Whose texts these are, for the message.
        place: Says where a row stands.

    Raises:
        InputError: If equal texts are to be refused and there are some (says how many and names the first 5).
    """
    everything = np.arange(len(rows), dtype=np.int64)
    if duplicates == "keep":
        return everything
    positions: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        positions[row].append(position)
    torn = [found for found in positions.values() if len(_homes(found, split)) > 1]
    if torn and duplicates == "refuse":
        listed = "; ".join(" and ".join(place(position) for position in found[:3]) for found in torn[:_NUM_NAMED])
        raise InputError(
            f"{what}: {len(torn)} texts stand in several rows and could be both trained and tested on: {listed}; keep "
            "each text in one split, or choose an option: duplicates: drop, or keep"
        )
    dropped = [position for found in torn for position in _without_first(found, split)]
    return np.setdiff1d(everything, np.array(dropped, dtype=np.int64))


def _homes(positions: Sequence[int], split: NDArray[np.str_] | None) -> set[str]:
    return {str(position) if split is None else str(split[position]) for position in positions}


def _without_first(positions: Sequence[int], split: NDArray[np.str_] | None) -> list[int]:
    if split is None:
        return list(positions[1:])
    first = min(positions, key=lambda position: (_KEPT_FIRST.index(str(split[position])), position))
    return [position for position in positions if position != first]
