"""Exploring: other hyperparameters near those of a trial, for one that goes on from it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FixedTrial, FrozenTrial

from study.adapters.optuna_search.space import Space
from study.adapters.optuna_search.warm_start import is_within
from study.values.arm import ArmFacts
from study.values.hyperparameters import Hyperparameters
from study.values.lineage import may_follow
from study.values.problems import InputError

FACTORS = (0.8, 1.2)
"""What a number is multiplied by (Jaderberg et al., 2017, section 4.1.1, perturb)."""


def explored(
    trial: FrozenTrial,
    space: Space,
    facts: ArmFacts,
    *,
    parent: Hyperparameters,
    resample_chance: float,
    seed: int,
) -> dict[str, Any]:
    """Return a trial's parameters, those changed that a training may change as it goes on, each by itself.

    A number is multiplied by 0.8 or 1.2 within its bounds, one of a list becomes its neighbour; or it is drawn anew
    (perturb and resample of Jaderberg et al., 2017, section 4.1.1). Where a change leads the space to what does not go
    on from the parent, to another depth say, the parameter stays.

    Args:
        trial: Optuna's, of what is gone on from.
        space: The arm's; it says what a change of a parameter changes.
        facts: The arm's.
        parent: The trial's configuration.
        resample_chance: Chance that a parameter is drawn anew.
        seed: Of all that is drawn.
    """
    random, values = Random(seed), dict(trial.params)
    for name, distribution in trial.distributions.items():
        if distribution.single():
            continue
        is_resampled = random.random() < resample_chance
        changed = _drawn(distribution, random) if is_resampled else random.choice(_near(values[name], distribution))
        if _goes_on({**values, name: changed}, space, facts, parent):
            values[name] = changed
    return values


def may_change(trial: FrozenTrial, space: Space, facts: ArmFacts) -> bool:
    """Whether any parameter of a trial can be another one in a trial that goes on from it; True of no configuration."""
    parent = _configuration(trial.params, space, facts)
    return parent is None or any(
        changed != trial.params[name] and _goes_on({**trial.params, name: changed}, space, facts, parent)
        for name, distribution in trial.distributions.items()
        for changed in _near(trial.params[name], distribution)
    )


def _goes_on(params: Mapping[str, Any], space: Space, facts: ArmFacts, parent: Hyperparameters) -> bool:
    values = _configuration(params, space, facts)
    return values is not None and may_follow(values, parent)


def _configuration(params: Mapping[str, Any], space: Space, facts: ArmFacts) -> Hyperparameters | None:
    """Return what a space makes of parameters; None where it asks for others or makes nothing of them."""
    fixed = FixedTrial(dict(params))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a value that is out of bounds, which is seen below
            values = space.suggest(fixed, facts)  # type: ignore[arg-type]  # it suggests as any other
    except InputError:
        return None
    within = all(is_within(params[name], distribution) for name, distribution in fixed.distributions.items())
    return values if within else None


def _near(value: Any, distribution: BaseDistribution) -> list[Any]:
    """Return what a parameter may be moved to."""
    if isinstance(distribution, CategoricalDistribution):
        places = [distribution.choices.index(value) + step for step in (-1, 1)]
        return [distribution.choices[min(max(place, 0), len(distribution.choices) - 1)] for place in places]
    return [_within(value * factor, distribution) for factor in FACTORS]


def _drawn(distribution: BaseDistribution, random: Random) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return random.choice(distribution.choices)
    assert isinstance(distribution, FloatDistribution | IntDistribution), "Optuna has these three"
    low, high = distribution.low, distribution.high
    if distribution.log:
        return _within(math.exp(random.uniform(math.log(low), math.log(high))), distribution)
    return _within(random.uniform(low, high), distribution)


def _within(value: float, distribution: BaseDistribution) -> Any:
    """Return the nearest number that a parameter may be."""
    assert isinstance(distribution, FloatDistribution | IntDistribution), "Optuna has these three"
    inside = min(max(value, distribution.low), distribution.high)
    if distribution.step is not None:
        steps = round((inside - distribution.low) / distribution.step)
        inside = min(distribution.low + steps * distribution.step, distribution.high)
    return int(inside) if isinstance(distribution, IntDistribution) else float(inside)
