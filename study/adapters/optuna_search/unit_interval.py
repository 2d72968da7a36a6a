"""A parameter's values as a coordinate in [0, 1], for samplers that think in numbers."""

from __future__ import annotations

import math
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

Number = FloatDistribution | IntDistribution
"""What numbers are drawn from."""


def from_unit(coordinate: float, distribution: BaseDistribution) -> Any:
    """Return the value at a coordinate; equal parts of [0, 1] are equally many choices, steps, or orders of magnitude.

    Args:
        coordinate: In [0, 1].
        distribution: The parameter's.
    """
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[_cell(coordinate, len(distribution.choices))]
    assert isinstance(distribution, Number), "Optuna has these beside the categorical"
    low, high = _bounds(distribution)
    if distribution.log:
        value = math.exp(math.log(low) + coordinate * (math.log(high) - math.log(low)))
    elif distribution.step is not None:
        num_steps = _num_steps(distribution)
        value = distribution.low + _cell(coordinate, num_steps) * distribution.step
    else:
        value = low + coordinate * (high - low)
    if isinstance(distribution, IntDistribution):
        value = round(value)
    return min(max(value, distribution.low), distribution.high)


def to_unit(value: float, distribution: Number) -> float:
    """Return the coordinate of a number; of one that stands for a part of [0, 1], the middle of that.

    Args:
        value: Within the distribution.
        distribution: The parameter's, of more than one value.
    """
    low, high = _bounds(distribution)
    if distribution.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    if distribution.step is not None:
        return (round((value - distribution.low) / distribution.step) + 0.5) / _num_steps(distribution)
    return (value - low) / (high - low)


def _cell(coordinate: float, number: int) -> int:
    return min(int(coordinate * number), number - 1)


def _num_steps(distribution: Number) -> int:
    assert distribution.step is not None, "asked of stepped ones alone"
    return round((distribution.high - distribution.low) / distribution.step) + 1


def _bounds(distribution: Number) -> tuple[float, float]:
    """Return the ends; whole numbers on a log scale reach half a step beyond theirs, so that each has its share."""
    margin = 0.5 if isinstance(distribution, IntDistribution) and distribution.log else 0.0
    return distribution.low - margin, distribution.high + margin
