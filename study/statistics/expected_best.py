"""What a search would have found with fewer trials, or in less time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from study.statistics.arrays import Floats


def expected_best(scores: Sequence[float] | Floats, *, maximize: bool) -> Floats:
    """Return the expected best score after n random trials, for n = 1..N: shape (N,).

    The mean of the best over all subsets of n of the N trials, which is unbiased (Tang et al., 2020, Showing Your Work
    Doesn't Always Work). Subsets drawn with replacement (Dodge et al., 2019, Show Your Work) are too
    pessimistic, the more so the nearer n is to N. Trials must be alike and independent, as random search makes them.

    Args:
        scores: Validation scores of the N trials, in any order; of those that failed too, as what one would then use.
        maximize: Whether more is better.

    Raises:
        ValueError: If there is no score or one is not finite.
    """
    values = checked_scores(scores)
    goodness = np.sort(values if maximize else -values)
    num = len(goodness)
    curve = np.empty(num)
    for n in range(1, num + 1):
        # The i-th smallest is the best of C(i - 1, n - 1) of the C(N, n) subsets; as logarithms, which do not overflow.
        log_share = _log_binomial(np.arange(n - 1, num), n - 1) - _log_binomial(num, n)
        curve[n - 1] = np.exp(log_share) @ goodness[n - 1 :]
    return np.asarray(curve if maximize else -curve)


def expected_best_in_time(
    scores: Sequence[float] | Floats,
    durations_s: Sequence[float] | Floats,
    budgets_s: Sequence[float] | Floats,
    rng: np.random.Generator,
    *,
    maximize: bool,
    num_orders: int = 1000,
) -> Floats:
    """Return the expected best score of trials run one after the other within each budget of time: shape (T,).

    The mean over random orders of the N trials of the best among those that are over in time. NaN for a budget that in
    some order ends before the first trial does: there is then nothing to take a mean of.

    Args:
        scores: As for `expected_best`, shape (N,).
        durations_s: What each trial takes, in seconds, above 0, shape (N,).
        budgets_s: In seconds, shape (T,).
        rng: Draws the orders.
        maximize: Whether more is better.
        num_orders: How many of them.

    Raises:
        ValueError: If there is no score or one is not finite, or a duration is missing or not above 0.
    """
    values = checked_scores(scores)
    durations = np.asarray(durations_s, dtype=np.float64)
    if durations.shape != values.shape or not (durations > 0).all():
        raise ValueError(f"durations of shape {durations.shape} for {len(values)} scores; one above 0 each expected")
    orders = rng.permuted(np.tile(np.arange(len(values)), (num_orders, 1)), axis=1)
    over_at = durations[orders].cumsum(axis=1)
    best = np.maximum.accumulate((values if maximize else -values)[orders], axis=1)
    curve = []
    for budget in np.asarray(budgets_s, dtype=np.float64):
        done = (over_at <= budget).sum(axis=1)
        reached = best[np.arange(num_orders), np.maximum(done, 1) - 1].mean()
        curve.append(float(reached) if done.all() else np.nan)
    return np.asarray(curve if maximize else np.negative(curve))


def first_crossing(one: Sequence[float] | Floats, other: Sequence[float] | Floats) -> int | None:
    """Return the first n, counted from 1, from which the curve that was ahead at first is behind; None if never.

    Where curves are equal, or one of them is NaN, neither is ahead; past the end of the shorter nothing is known.

    Args:
        one: Expected best score after n = 1, 2, ... trials.
        other: The same of another arm.
    """
    common = min(len(one), len(other))
    leads = np.sign(np.asarray(one[:common], dtype=np.float64) - np.asarray(other[:common], dtype=np.float64))
    told = np.flatnonzero(np.isfinite(leads) & (leads != 0))
    flipped = [int(at) for at in told if leads[at] != leads[told[0]]]
    return flipped[0] + 1 if flipped else None


def checked_scores(scores: ArrayLike) -> Floats:
    """Return scores as an array of shape (N,).

    Raises:
        ValueError: If there is no score or one is not finite (names its position).
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"scores have shape {values.shape}; (trials,) expected, of at least 1")
    if not np.isfinite(values).all():
        raise ValueError(f"scores at positions {np.flatnonzero(~np.isfinite(values)).tolist()} are not finite")
    return values


def _log_binomial(whole: ArrayLike, part: ArrayLike) -> Floats:
    whole, part = np.asarray(whole), np.asarray(part)
    return np.asarray(gammaln(whole + 1) - gammaln(part + 1) - gammaln(whole - part + 1))
