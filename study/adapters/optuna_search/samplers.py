"""Which Optuna sampler draws an arm's next configuration."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from study.adapters.optuna_search.grid import GridSampler
from study.values.spec import Sampler, SearchSpec


def make_sampler(search: SearchSpec, *, seed: int, asked: Sequence[FrozenTrial]) -> BaseSampler:
    """Make the sampler of one trial.

    Each trial has a fresh one with a seed of its own, so that what it draws depends on its place in the arm and on
    the arm's history, and not on how often the process was restarted.

    With TPE exactly the first `startup_trials` are random, by their place. Optuna itself goes by how many trials have
    finished, so that all of a first parallel wave are random however many it holds. Here TPE takes over at its place
    whatever has finished: where nothing has, it knows the running trials alone and, by its constant liar, draws away
    from them.

    Args:
        search: Says which.
        seed: Of this trial's draws.
        asked: The arm's earlier trials, running ones included.
    """
    if search.sampler is Sampler.GRID:
        return GridSampler(asked, seed=seed)
    if search.sampler is Sampler.RANDOM or len(asked) < search.startup_trials:
        return RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ExperimentalWarning)
        return TPESampler(seed=seed, n_startup_trials=0, multivariate=True, group=True, constant_liar=True)
