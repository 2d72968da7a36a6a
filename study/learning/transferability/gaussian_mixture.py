"""A mixture of Gaussians with diagonal covariances, fitted by expectation maximisation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MAX_STEPS = 100
_TOLERANCE = 1e-3
"""Gain in mean log-likelihood, in nats an example, below which the fit is over."""
_SMALLEST_VARIANCE = 1e-3
"""Share of the mean variance over all directions that each variance of a component is at least."""
_NEGLIGIBLE = 1e-30
"""A share of a point below which it counts as none. Without it numbers too small for the usual format abound, with
which processors are many times slower."""


def posterior(points: Array, num_components: int, *, seed: int) -> Array:
    """Fit a mixture to points and return the probability of each component at each point.

    Starts from centres that k-means++ draws (Arthur and Vassilvitskii, 2007; its greedy form), every point belonging
    to the nearest.

    Args:
        points: Shape (N, d), finite.
        num_components: K, in 1..N.
        seed: Of the start.

    Returns:
        Shape (N, K); rows sum to 1.
    """
    assert 1 <= num_components <= len(points), "a component needs a point"
    floor = _SMALLEST_VARIANCE * float(points.var(axis=0).mean())
    if floor == 0:  # all points are one
        return np.full((len(points), num_components), 1 / num_components)
    squares = points**2
    norms = squares.sum(axis=1)
    centres = _spread_centres(points, norms, num_components, np.random.default_rng(seed))
    shares: Array = np.eye(num_components)[_squared_distances(points, norms, centres).argmin(axis=1)]
    moments = np.hstack([points, squares])
    reached = -np.inf
    for _ in range(_MAX_STEPS):
        logits = _log_joint(moments, shares, floor)
        peaks = logits.max(axis=1, keepdims=True)
        shares = np.exp(logits - peaks)
        shares[shares < _NEGLIGIBLE] = 0
        sums = shares.sum(axis=1, keepdims=True)
        shares /= sums
        likelihood = float((peaks + np.log(sums)).mean())
        if likelihood - reached < _TOLERANCE:
            break
        reached = likelihood
    return shares


def _log_joint(moments: Array, shares: Array, floor: float) -> Array:
    """Fit weights, means and variances to shares; return log(weight_k N(x_n; mean_k, variance_k)), shape (N, K).

    Args:
        moments: The points and beside them their squares, shape (N, 2 d).
        shares: Shape (N, K).
        floor: The least that a variance may be.
    """
    counts = shares.sum(axis=0) + 10 * np.finfo(np.float64).eps  # a component that lost all its points stays finite
    means, mean_squares = np.hsplit(shares.T @ moments / counts[:, None], 2)
    precisions = 1 / np.maximum(mean_squares - means**2, floor)
    # The square is multiplied out, so that no array of shape (N, K, d) is needed.
    distances = moments @ np.hstack([-2 * means * precisions, precisions]).T + (means**2 * precisions).sum(axis=1)
    normalisers = (math.log(2 * math.pi) - np.log(precisions)).sum(axis=1)
    logits: Array = np.log(counts / len(moments)) - 0.5 * (normalisers + distances)
    return logits


def _spread_centres(points: Array, norms: Array, num: int, rng: np.random.Generator) -> Array:
    """Draw points as centres, each with a probability proportional to its squared distance from those drawn before.

    Of several draws for each centre the one is kept that brings the points nearest to their centres.
    """
    chosen = [int(rng.integers(len(points)))]
    nearest = _squared_distances(points, norms, points[chosen])[:, 0]
    num_draws = 2 + int(math.log(num))
    while len(chosen) < num:
        total = nearest.sum()
        # With fewer distinct points than centres, some are drawn twice.
        odds = nearest / total if total > 0 else None
        drawn = rng.choice(len(points), size=num_draws, p=odds)
        distances = np.minimum(nearest[:, None], _squared_distances(points, norms, points[drawn]))
        best = int(distances.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        nearest = distances[:, best]
    return points[chosen]


def _squared_distances(points: Array, norms: Array, centres: Array) -> Array:
    """Return |x_n - c_k|^2, shape (N, K), given the points' squared norms, shape (N,)."""
    squares = norms[:, None] - points @ (2 * centres).T + (centres**2).sum(axis=1)
    clipped: Array = np.maximum(squares, 0)
    return clipped
