"""Which of several arms is best, and how firm their order is, over joint draws of their scores."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from study.statistics.arrays import Floats


def rank_distribution(draws: Floats, *, maximize: bool) -> Floats:
    """Return how often each arm (row) takes each rank (column, best first): shares, shape (A, A), rows and columns
    adding up to 1.

    Arms that tie in a draw share evenly the ranks they take together.

    Args:
        draws: What the arms' scores might have been, on the same resamples in each column: shape (A, B).
        maximize: Whether more is better.

    Raises:
        ValueError: If `draws` is of another shape or empty.
    """
    check_draws(draws)
    num_arms, num_draws = draws.shape
    badness = -draws if maximize else draws
    first = rankdata(badness, method="min", axis=0)
    last = rankdata(badness, method="max", axis=0)
    shares = np.empty((num_arms, num_arms))
    for rank in range(1, num_arms + 1):
        takes = (first <= rank) & (rank <= last)
        shares[:, rank - 1] = (takes / (last - first + 1)).sum(axis=1) / num_draws
    return shares


def probability_best(draws: Floats, *, maximize: bool) -> Floats:
    """Return the share of draws in which each arm comes first, shape (A,), adding up to 1; ties are split.

    Args:
        draws: As for `rank_distribution`.
        maximize: Whether more is better.

    Raises:
        ValueError: If `draws` is of another shape or empty.
    """
    return np.asarray(rank_distribution(draws, maximize=maximize)[:, 0])


def expected_kendall_tau(draws: Floats, points: Floats) -> float:
    """Return the mean of Kendall's tau-b (1945) between the order of the arms in a draw and that of their estimates.

    1 where the order never changes, about 0 where it is noise. A draw in which all arms tie counts as 0. NaN where the
    estimates themselves give no order: a single arm, or all equal.

    Args:
        draws: As for `rank_distribution`.
        points: The arms' estimates, shape (A,).

    Raises:
        ValueError: If shapes do not fit.
    """
    check_draws(draws)
    if points.shape != draws.shape[:1]:
        raise ValueError(f"{points.shape} estimates for draws of shape {draws.shape}")
    one, other = np.triu_indices(len(points), k=1)
    of_points = np.sign(points[one] - points[other])
    of_draws = np.sign(draws[one] - draws[other])
    if not of_points.any():
        return float("nan")
    untied = np.abs(of_draws).sum(axis=0)
    scale = np.sqrt(np.maximum(untied, 1) * np.abs(of_points).sum())
    return float((of_points @ of_draws / scale).mean())


def check_draws(draws: Floats) -> None:
    """Raise ValueError unless `draws` has shape (A, B), neither 0, and no NaN."""
    if draws.ndim != 2 or 0 in draws.shape:
        raise ValueError(f"draws have shape {draws.shape}; (arms, resamples) expected")
    if np.isnan(draws).any():
        raise ValueError("a draw is NaN and has no rank")
