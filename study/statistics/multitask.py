"""What a shared representation gains or loses against a model a task, relative to the latter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from study.statistics.draws import SeedMean, draw_sum
from study.statistics.interval import Interval, percentile_interval
from study.statistics.paired import NO_DIFFERENCE
from study.statistics.resampled_scores import ResampledScores


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """What one task gains from being learned with the others."""

    gain: Interval
    """Relative to the single-task score; positive where sharing is better."""

    @property
    def verdict(self) -> str:
        """`positive transfer` or `negative transfer` if the interval leaves out 0; else `NO_DIFFERENCE`."""
        if self.gain.is_above_zero:
            return "positive transfer"
        if self.gain.is_below_zero:
            return "negative transfer"
        return NO_DIFFERENCE


def transfer(
    shared: ResampledScores, single: ResampledScores, rng: np.random.Generator, *, confidence: float = 0.95
) -> Transfer:
    """Return (-1)^l (M - B) / B of one task, l = 1 where less is better, with its interval.

    Args:
        shared: M, the task's scores under the shared representation.
        single: B, its scores under a model of its own: the same metric on the same resamples.
        rng: Draws the seeds' part, as `draw_sum` says.
        confidence: Coverage, in (0, 1).

    Raises:
        ValueError: As for `delta_m`.
    """
    return Transfer(gain=delta_m([shared], [single], rng, confidence=confidence))


def delta_m(
    shared: Sequence[ResampledScores],
    single: Sequence[ResampledScores],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return the mean relative gain of multi-task over single-task training, as a share, with its interval.

    Delta_m = 1/T * sum_t (-1)^{l_t} (M_t - B_t) / B_t   (Maninis et al., 2019, Attentive Single-Tasking of Multiple
    Tasks; l_t = 1 where less is better).

    The shared model's seed s is one model in all tasks, so its scores move together: they are added up seed by seed.
    The interval is of the gain linearised at the estimate (delta method): a ratio has no moments where the baseline's
    draws reach 0.

    Args:
        shared: M_t of each task, length T, of the same seeds in the same order.
        single: B_t, length T, each the same metric on the same resamples as M_t and not 0.
        rng: Draws the seeds' part, as `draw_sum` says.
        confidence: Coverage, in (0, 1).

    Raises:
        ValueError: If lengths differ or are 0, metrics or resamples of a task differ, a baseline is 0 (each names the
            task's position), the shared model's numbers of seeds or the tasks' numbers of resamples differ, or
            `confidence` is not in (0, 1).
    """
    _check(shared, single)
    num_tasks = len(shared)
    signs = [1.0 if scores.metric.maximize else -1.0 for scores in shared]
    gains = [
        sign * (ours.point - base.point) / base.point for sign, ours, base in zip(signs, shared, single, strict=True)
    ]
    of_shared = [
        SeedMean.of(ours, sign / (num_tasks * base.point))
        for sign, ours, base in zip(signs, shared, single, strict=True)
    ]
    of_single = [
        SeedMean.of(base, -sign * ours.point / (num_tasks * base.point**2))
        for sign, ours, base in zip(signs, shared, single, strict=True)
    ]
    together = SeedMean(
        np.sum([mean.by_seed for mean in of_shared], axis=0), np.sum([mean.resampled for mean in of_shared], axis=0)
    )
    # At the estimate the terms of shared and single model cancel, so the draws are deviations.
    draws = draw_sum([together, *of_single], rng)
    point = float(np.mean(gains))
    return percentile_interval(point, point + draws, confidence=confidence)


def paired_transfer(
    one: ResampledScores, base: ResampledScores, rng: np.random.Generator, *, confidence: float = 0.95
) -> Transfer:
    """Return (-1)^l (M - B) / B of one task, with its interval, where seed s of M is to be held against seed s of B.

    As `transfer`, but differences are taken seed by seed: what a seed gives to both, such as the order of the
    examples, cancels.

    Args:
        one: M.
        base: B: the same metric on the same resamples, of the same seeds in the same order.
        rng: Draws the seeds' part, as `draw_sum` says.
        confidence: Coverage, in (0, 1).

    Raises:
        ValueError: As for `delta_m`, or if the numbers of seeds differ.
    """
    _check([one], [base])
    if len(one.by_seed) != len(base.by_seed):
        raise ValueError(f"{len(one.by_seed)} seeds against {len(base.by_seed)}; as many of each expected")
    sign = 1.0 if one.metric.maximize else -1.0
    ours, theirs = SeedMean.of(one, sign / base.point), SeedMean.of(base, -sign * one.point / base.point**2)
    draws = draw_sum([SeedMean(ours.by_seed + theirs.by_seed, ours.resampled + theirs.resampled)], rng)
    point = sign * (one.point - base.point) / base.point
    return Transfer(gain=percentile_interval(point, point + draws, confidence=confidence))


def _check(shared: Sequence[ResampledScores], single: Sequence[ResampledScores]) -> None:
    if len(shared) != len(single) or len(shared) == 0:
        raise ValueError(f"{len(shared)} tasks shared and {len(single)} single; as many of each expected, at least 1")
    for position, (ours, base) in enumerate(zip(shared, single, strict=True)):
        if ours.metric != base.metric or ours.resamples != base.resamples:
            raise ValueError(f"task {position}: metric or resamples of the shared and the single model differ")
        if base.point == 0:
            raise ValueError(f"task {position}: the single model's {base.metric.name} is 0, nothing is relative to it")
    if len({len(ours.by_seed) for ours in shared}) > 1:
        raise ValueError(f"the shared model has {[len(ours.by_seed) for ours in shared]} seeds by task; equal expected")
    if len({ours.resamples.num for ours in shared}) > 1:
        raise ValueError(f"tasks have {[ours.resamples.num for ours in shared]} resamples; equal numbers expected")
