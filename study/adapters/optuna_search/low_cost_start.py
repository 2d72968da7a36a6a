"""A search that begins where trials cost little: at the largest freezing depth, then down to the smallest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from study.adapters.optuna_search.grid import grid_values
from study.values.spec import LOW_COST_STEPS

DEPTH = "freezing_depth"
"""The parameter that a trial's cost depends on most."""


def starting_depths(smallest: int, largest: int, startup_trials: int) -> tuple[int, ...]:
    """Return the freezing depths of an arm's first trials.

    First the cheapest, as in CFO (Wu et al., 2021): the sampler learns there, at little cost, what does not
    depend on the depth. Then a trial at each of at most 4 smaller depths, evenly spaced, the smallest last, so that it
    has seen what training more brings: expected improvement alone, divided by cost, hardly ever leaves the cheapest.

    Args:
        smallest: Freezing depth that an arm allows, and that costs most.
        largest: Freezing depth that it allows.
        startup_trials: At the largest depth.
    """
    steps = np.linspace(largest - 1, smallest, min(LOW_COST_STEPS, largest - smallest)).round().astype(int).tolist()
    return (*[largest] * startup_trials, *steps)


class AtDepth(BaseSampler):
    """Draws the depth that it was given, or the nearest that the space has, and all else as another sampler does."""

    def __init__(self, sampler: BaseSampler, depth: int) -> None:
        """Take the depth.

        Args:
            sampler: Draws all else.
            depth: The freezing depth.
        """
        self._sampler = sampler
        self._depth = depth

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return what the other sampler draws together, without the depth."""
        space = self._sampler.infer_relative_search_space(study, trial)
        return {name: distribution for name, distribution in space.items() if name != DEPTH}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what the other sampler draws together, without the depth."""
        drawn = self._sampler.sample_relative(study, trial, search_space)
        return {name: value for name, value in drawn.items() if name in search_space}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the depth, or what the other sampler draws of another parameter."""
        if param_name != DEPTH:
            return self._sampler.sample_independent(study, trial, param_name, param_distribution)
        return nearest(self._depth, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Pass on."""
        self._sampler.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: optuna.trial.TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass on."""
        self._sampler.after_trial(study, trial, state, values)


def nearest(depth: int, distribution: BaseDistribution) -> Any:
    """Return the depth nearest to one, of those that a parameter may have.

    Args:
        depth: What is wanted.
        distribution: Of numbers, listed or in a range.
    """
    allowed = [distribution.to_external_repr(value) for value in grid_values(DEPTH, distribution)]
    return min(allowed, key=lambda known: abs(known - depth))
