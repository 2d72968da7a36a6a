"""Trials that begin where an earlier study ended: drawn as given, if the search space can draw them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial

from study.adapters.optuna_search.independent_sampler import IndependentSampler
from study.adapters.optuna_search.quiet import quiet_optuna
from study.adapters.optuna_search.space import Space
from study.values.arm import ArmFacts
from study.values.flat import flat
from study.values.problems import InputError


class GivenSampler(IndependentSampler):
    """Draws the values it was given where a distribution has them, and others at random."""

    def __init__(self, given: Mapping[str, Any], *, seed: int) -> None:
        """Take the values.

        Args:
            given: Of parameters, by name.
            seed: Of what is drawn at random.
        """
        self._given = given
        self._random = RandomSampler(seed=seed)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value given, or one drawn at random."""
        if param_name in self._given and is_within(self._given[param_name], param_distribution):
            return self._given[param_name]
        return self._random.sample_independent(study, trial, param_name, param_distribution)


def is_within(value: Any, distribution: BaseDistribution) -> bool:
    """Whether a parameter may have a value."""
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    assert isinstance(distribution, FloatDistribution | IntDistribution), "Optuna has these three"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(distribution, IntDistribution) and value != int(value):
        return False
    steps = 0.0 if distribution.step is None else (value - distribution.low) / distribution.step
    return distribution.low <= value <= distribution.high and abs(steps - round(steps)) < 1e-8


def misfit(values: Mapping[str, Any], space: Space, facts: ArmFacts) -> str | None:
    """Return why a space cannot draw a configuration; None where it can.

    What the space has and the configuration lacks, as one of an earlier version may, is drawn at random and no reason.

    Args:
        values: Hyperparameters by name, nested ones dotted.
        space: What has to draw it.
        facts: The arm's.
    """
    with quiet_optuna():
        trial = optuna.create_study(sampler=GivenSampler(values, seed=0)).ask()
    try:
        drawn = flat(space.suggest(trial, facts))
    except InputError as error:
        return str(error).partition("\n")[0]
    differing = [f"{name} = {value}" for name, value in values.items() if drawn.get(name) != value]
    return f"the space has no {', '.join(differing)}" if differing else None
