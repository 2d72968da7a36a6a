"""Trials that begin where an earlier study ended: drawn as given, if the search space can draw them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

NUM_DRAWS = 50
"""Times that a space is asked for a configuration, with other values of what is not given each time."""


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
        self.has_drawn = False
        """Whether anything was drawn at random."""

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value given, or one drawn at random."""
        if param_name in self._given and is_within(self._given[param_name], param_distribution):
            return self._given[param_name]
        self.has_drawn = True
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
    return _nearest(values, space, facts, range(NUM_DRAWS)).reason


def given_sampler(values: Mapping[str, Any], space: Space, facts: ArmFacts, *, seed: int) -> GivenSampler:
    """Return what draws a configuration, where the space can, with the space's switches as they are to be for it.

    A switch, such as one that says whether a method is used, is no hyperparameter, so that no value of it is given. It
    is drawn at random until the configuration is the one that is wanted, or as near as it comes.

    Args:
        values: Hyperparameters by name, nested ones dotted.
        space: What has to draw it.
        facts: The arm's.
        seed: Of what is drawn at random, where it leads there.
    """
    return GivenSampler(values, seed=_nearest(values, space, facts, (seed, *range(NUM_DRAWS))).seed)


@dataclass(frozen=True)
class _Draw:
    """What a space made of a configuration with one seed."""

    seed: int
    reason: str | None
    """Why it is not the one that was given."""
    distance: float
    """How many of the given values it has otherwise; infinite where the space failed."""
    num_more: int = 0
    """Values that it has beside them."""


def _nearest(values: Mapping[str, Any], space: Space, facts: ArmFacts, seeds: Iterable[int]) -> _Draw:
    """Return the first of the draws that come nearest, up to one that is exact or that nothing random went into."""
    with quiet_optuna():
        study = optuna.create_study()
    draws: list[_Draw] = []
    for seed in seeds:
        sampler = study.sampler = GivenSampler(values, seed=seed)
        draws.append(_drawn(values, space, facts, study.ask(), seed))
        if not (draws[-1].distance or draws[-1].num_more) or not sampler.has_drawn:
            break
    return min(draws, key=lambda draw: (draw.distance, draw.num_more))


def _drawn(values: Mapping[str, Any], space: Space, facts: ArmFacts, trial: optuna.Trial, seed: int) -> _Draw:
    try:
        drawn = flat(space.suggest(trial, facts))
    except InputError as error:
        return _Draw(seed, str(error).partition("\n")[0], math.inf)
    differing = [f"{name} = {value}" for name, value in values.items() if drawn.get(name) != value]
    reason = f"the space has no {', '.join(differing)}" if differing else None
    return _Draw(seed, reason, len(differing), len(drawn.keys() - values.keys()))
