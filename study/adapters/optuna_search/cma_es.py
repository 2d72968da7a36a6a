"""Covariance matrix adaptation, a generation being as many trials as have ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.search_space import intersection_search_space
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.history import rank
from study.adapters.optuna_search.unit_interval import Number, from_unit, to_unit

_SIGMA = 0.2
"""Standard deviation of the first generation, as a part of a parameter's range."""


class CmaEsSampler(BaseSampler):
    """Draws from a normal distribution that moves to where trials were best (Hansen, 2016, "The CMA Evolution Strategy:
    A Tutorial", figure 6), for one trial.

    It begins around the best of the random trials. What it knows is made anew from the arm's trials each time: in the
    order in which they were asked for, every `population` of those that ended are a generation. So nothing is kept but
    the trials themselves (Optuna's own sampler keeps its state as a pickle in the database, and loses the trials that
    end after their generation did); and where a parameter turns out to be conditional, the rest goes on.

    Modelled are the numbers that every trial asks for; conditional and categorical parameters are drawn by another
    sampler, each by itself. Only ranks count, so stopped trials take part, behind all complete ones, those stopped
    first at the end. Failed trials do not.
    """

    def __init__(
        self, asked: Sequence[FrozenTrial], *, startup: int, population: int | None, seed: int, others: BaseSampler
    ) -> None:
        """Learn of the trials so far.

        Args:
            asked: The arm's earlier trials, in that order.
            startup: How many of the first of them were random.
            population: Trials of a generation, at least 2; 4 + floor(3 ln n) for n parameters where None (equation 48).
            seed: Of this trial's draw.
            others: Draws what this one does not model.
        """
        self._random, self._evolved = (
            [trial for trial in part if _is_modelled(trial)] for part in _cut(asked, startup)
        )
        self._population = population
        self._seed = seed
        self._others = others

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the numbers that all trials have in common."""
        common = intersection_search_space([*self._random, *self._evolved], include_pruned=True)
        return {name: found for name, found in common.items() if isinstance(found, Number) and not found.single()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return a point of the generation that is due."""
        if not search_space:
            return {}
        minimize = study.direction is StudyDirection.MINIMIZE
        point = self._evolve(search_space, minimize=minimize).ask()
        return {
            name: from_unit(float(coordinate), search_space[name])
            for name, coordinate in zip(search_space, point, strict=True)
        }

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return what the other sampler draws."""
        return self._others.sample_independent(study, trial, param_name, param_distribution)

    def _evolve(self, space: Mapping[str, BaseDistribution], *, minimize: bool) -> Any:
        from cmaes import CMA

        best = min(self._random, key=lambda trial: rank(trial, minimize=minimize), default=None)
        optimizer = CMA(
            mean=np.full(len(space), 0.5) if best is None else _point(best, space),
            sigma=_SIGMA,
            bounds=np.tile([0.0, 1.0], (len(space), 1)),
            seed=self._seed,
            population_size=self._population,
        )
        size = optimizer.population_size
        for start in range(0, len(self._evolved) - size + 1, size):
            generation = sorted(self._evolved[start : start + size], key=lambda trial: rank(trial, minimize=minimize))
            optimizer.tell([(_point(trial, space), float(place)) for place, trial in enumerate(generation)])
        return optimizer


def _cut(asked: Sequence[FrozenTrial], at: int) -> tuple[Sequence[FrozenTrial], Sequence[FrozenTrial]]:
    return asked[:at], asked[at:]


def _is_modelled(trial: FrozenTrial) -> bool:
    return trial.state is OptunaState.COMPLETE or (
        trial.state is OptunaState.PRUNED and bool(trial.intermediate_values)
    )


def _point(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> np.ndarray:
    """Return a trial's coordinates, each in [0, 1]."""
    numbers = {name: found for name, found in space.items() if isinstance(found, Number)}
    return np.array([to_unit(trial.params[name], distribution) for name, distribution in numbers.items()])
