"""Which Optuna sampler draws an arm's next configuration."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from study.adapters.optuna_search.cma_es import CmaEsSampler
from study.adapters.optuna_search.genetic import GeneticSampler
from study.adapters.optuna_search.grid import GridSampler
from study.adapters.optuna_search.hub import auto_sampler
from study.adapters.optuna_search.qmc import QmcSampler
from study.values.spec import Sampler, SearchSpec


def make_sampler(search: SearchSpec, *, seed: int, asked: Sequence[FrozenTrial], arm_seed: int = 0) -> BaseSampler:
    """Make the sampler of one trial.

    Each trial has a fresh one with a seed of its own, so that what it draws depends on its place in the arm and on
    the arm's history, and not on how often the process was restarted.

    With TPE, GP and CMA-ES exactly the first `startup_trials` are random, by their place. Optuna itself goes by how
    many trials have finished, so that all of a first parallel wave are random however many it holds. Here the model
    takes over at its place whatever has finished. Of the trials that run TPE knows by its constant liar, and GP by the
    batch that its acquisition function is the expected improvement of; both draw away from them. Members of a
    generation of CMA-ES or NSGA-II are drawn without knowing of each other, and so are the points of `qmc`.

    Of a space with conditional parameters TPE models each group that occurs together. GP, CMA-ES and NSGA-II model
    the parameters that all trials have in common (CMA-ES: the numbers among them); the rest is drawn by TPE, each by
    itself, or, in NSGA-II, at random.

    Args:
        search: Says which.
        seed: Of this trial's draws.
        asked: The arm's earlier trials, running ones included.
        arm_seed: Of what all trials of the arm share.
    """
    kind = search.sampler
    if kind is Sampler.GRID:
        return GridSampler(asked, seed=seed)
    if kind is Sampler.QMC:
        return QmcSampler(asked, arm_seed=arm_seed, seed=seed)
    if kind is Sampler.NSGA2:
        return GeneticSampler(population_size=search.generation, seed=seed)
    if kind is Sampler.AUTO:
        return auto_sampler(seed)
    if kind is Sampler.RANDOM or len(asked) < search.startup_trials:
        return RandomSampler(seed=seed)
    if kind is Sampler.TPE:
        return _tpe(seed, multivariate=True)
    others = _tpe(seed, multivariate=False)
    if kind is Sampler.GP:
        return GPSampler(seed=seed, n_startup_trials=1, independent_sampler=others, warn_independent_sampling=False)
    return CmaEsSampler(asked, startup=search.startup_trials, population=search.population, seed=seed, others=others)


def _tpe(seed: int, *, multivariate: bool) -> TPESampler:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ExperimentalWarning)
        return TPESampler(
            seed=seed, n_startup_trials=0, multivariate=multivariate, group=multivariate, constant_liar=True
        )
