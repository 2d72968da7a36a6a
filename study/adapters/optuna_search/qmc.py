"""Quasi-random search: points that fill the space more evenly than random ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial
from scipy.stats.qmc import Sobol

from study.adapters.optuna_search.independent_sampler import IndependentSampler
from study.adapters.optuna_search.unit_interval import from_unit

NUM_DIMENSIONS = 64
"""Of the sequence; parameters beyond are drawn at random."""


class QmcSampler(IndependentSampler):
    """Draws a point of a scrambled Sobol sequence (Sobol, 1967; Owen, 1998), for one trial of a define-by-run space.

    Bergstra and Bengio (2012) compare such sequences with random search. Each trial of an arm takes the
    next point of one sequence, and each parameter a dimension of its own, given at its first appearance: a conditional
    one too, whose coordinate is passed over in trials that do not ask for it. Optuna's own sampler takes what the first
    trial asked for and draws the rest at random, and it counts in the storage's attributes, which a study in memory
    does not have after a restart.
    """

    def __init__(self, asked: Sequence[FrozenTrial], *, arm_seed: int, seed: int) -> None:
        """Take the point of the next trial.

        Args:
            asked: The arm's earlier trials, whatever became of them.
            arm_seed: Of the scrambling; the same for all trials of an arm.
            seed: Of what is drawn at random.
        """
        self._dimensions: dict[str, int] = {}
        for trial in asked:
            for name in trial.params:
                self._dimension(name)
        sequence = Sobol(NUM_DIMENSIONS, scramble=True, rng=arm_seed)
        if asked:
            sequence.fast_forward(len(asked))
        self._point = sequence.random(1)[0]
        self._random = RandomSampler(seed=seed)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value at the point's coordinate."""
        dimension = self._dimension(param_name)
        if dimension >= NUM_DIMENSIONS:
            return self._random.sample_independent(study, trial, param_name, param_distribution)
        return from_unit(float(self._point[dimension]), param_distribution)

    def _dimension(self, name: str) -> int:
        return self._dimensions.setdefault(name, len(self._dimensions))
