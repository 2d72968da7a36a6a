"""Counting the configurations of a search space, as far as is asked."""

from __future__ import annotations

import optuna

from study.adapters.optuna_search.grid import GridSampler
from study.adapters.optuna_search.quiet import quiet_optuna
from study.adapters.optuna_search.space import Space
from study.values.arm import ArmFacts
from study.values.problems import InputError

_NUM_MORE = 100
"""Combinations of parameters that are tried beyond as many as are asked for: several may be one configuration."""


def num_configurations(space: Space, arm: ArmFacts, *, wanted: int, seed: int) -> int | None:
    """Return how many configurations a space has, where that is known to be fewer than wanted; None otherwise.

    It is not known of a space with a continuous parameter, nor of one that fails.

    Args:
        space: Asked for one combination of its parameters after the other.
        arm: What it is told.
        wanted: How many are to be there.
        seed: Of the order.
    """
    with quiet_optuna():
        study = optuna.create_study()
    found: set[str] = set()
    try:
        for _ in range(wanted + _NUM_MORE):
            sampler = GridSampler(study.get_trials(deepcopy=False), seed=seed)
            if sampler.is_exhausted:
                return len(found)
            study.sampler = sampler
            found.add(space.suggest(study.ask(), arm).model_dump_json())
            if len(found) >= wanted:
                return None
    except InputError:
        return None
    return None
