"""Which points are not worse than another in everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def non_dominated(points: Sequence[Sequence[float]]) -> list[int]:
    """Return the positions of the points that no other dominates: the Pareto front, equal points all of them.

    A point dominates another if it is no worse in any coordinate and better in one (Deb, 2001, Multi-Objective
    Optimization using Evolutionary Algorithms, chapter 2).

    Args:
        points: Shape (N, D), finite; less is better in every coordinate.
    """
    values = np.asarray(points, dtype=float)
    return [
        place
        for place, point in enumerate(values)
        if not ((values <= point).all(axis=1) & (values < point).any(axis=1)).any()
    ]
