"""How far two scores put the same trials in the same order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import kendalltau

from study.statistics.arrays import Floats
from study.statistics.interval import Interval, check_confidence, percentile_interval
from study.statistics.resamples import Resamples

_MIN_CONFIGURATIONS = 8
"""With fewer an interval covers too little."""


def kendall_tau(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Kendall's tau-b (1945) of two lists of scores, in [-1, 1].

    Pairs of which either is NaN are left out; NaN where fewer than two are left or a list is constant.

    Args:
        one: Scores of N configurations.
        other: Other scores of the same.

    Raises:
        ValueError: If lengths differ.
    """
    known = _known(one, other)
    if known.shape[1] < 2 or (np.ptp(known, axis=1) == 0).any():
        return math.nan
    return float(kendalltau(known[0], known[1]).statistic)


def tau_interval(
    one: Sequence[float], other: Sequence[float], *, seed: int, confidence: float = 0.95, num_resamples: int = 2000
) -> Interval:
    """Return Kendall's tau-b with its interval, by bootstrap over the configurations (Efron, 1979).

    A configuration that a resample holds twice is tied with itself, and tau-b leaves ties out. Resamples that give no
    order are left out; the interval is NaN where tau is, or with fewer than 8 configurations. Where both scores give
    the very same order it has no width.

    In 1,000 simulations each of normal scores with tau 0, 0.41 and 0.71, nominal 95% intervals covered 95.0% to 97.4%
    with 8, 12, 20 and 50 configurations; with 5 they covered 76% to 98%, hence the least number. It takes
    configurations to be drawn independently, which random search does and TPE does not.

    Args:
        one: As for `kendall_tau`.
        other: As for `kendall_tau`.
        seed: Of the resamples.
        confidence: Coverage, in (0, 1).
        num_resamples: How many.

    Raises:
        ValueError: If lengths differ or `confidence` is not in (0, 1).
    """
    check_confidence(confidence)
    point = kendall_tau(one, other)
    known = _known(one, other)
    if math.isnan(point) or known.shape[1] < _MIN_CONFIGURATIONS:
        return Interval(point=point, low=math.nan, high=math.nan, confidence=confidence)
    draws = _draws(known, Resamples(num_examples=known.shape[1], seed=seed, num=num_resamples))
    return percentile_interval(point, draws[~np.isnan(draws)], confidence=confidence)


def _known(one: Sequence[float], other: Sequence[float]) -> Floats:
    """Return the pairs without NaN, shape (2, N)."""
    if len(one) != len(other):
        raise ValueError(f"{len(one)} scores against {len(other)}; as many of each expected")
    pairs = np.array([one, other], dtype=np.float64)
    known: Floats = pairs[:, ~np.isnan(pairs).any(axis=0)]
    return known


def _draws(known: Floats, resamples: Resamples) -> Floats:
    """Return tau-b of each resample, shape (B,); NaN where it has no order."""
    one, other = (np.sign(scores[:, np.newaxis] - scores) for scores in known)
    draws = []
    for counts in resamples.blocks():
        agreeing, untied_one, untied_other = (
            np.einsum("bi,bi->b", counts @ pairs, counts) for pairs in (one * other, np.abs(one), np.abs(other))
        )
        scale = np.sqrt(untied_one * untied_other)
        draws.append(np.divide(agreeing, scale, out=np.full_like(scale, np.nan), where=scale > 0))
    return np.concatenate(draws)
