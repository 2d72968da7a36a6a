"""Drawing a configuration that no trial of the arm has or had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.genetic import GeneticSampler
from study.adapters.optuna_search.grid import GridSampler, grid_values
from study.adapters.optuna_search.low_cost_start import AtDepth
from study.adapters.optuna_search.quiet import silent_sampling
from study.adapters.optuna_search.samplers import make_sampler
from study.values.problems import InputError
from study.values.spec import Sampler, SearchSpec

T = TypeVar("T")

NUM_DRAWS = 10
"""Times that the sampler itself is asked for a trial, each with another seed."""
NUM_LAST_DRAWS = 100
"""Times that a configuration is drawn at random after that: in a finite space, of those that are left."""


def draw(
    study: optuna.Study,
    search: SearchSpec,
    *,
    asked: Sequence[FrozenTrial],
    seed_of: Callable[..., int],
    begin: BaseSampler | None = None,
    depth: int | None = None,
    suggest: Callable[[optuna.Trial], T],
    is_taken: Callable[[T], bool],
) -> tuple[optuna.Trial, T] | None:
    """Return a new trial with its configuration, or None where the space has no other than those taken.

    A configuration that is taken is told as a failure, which no sampler models, and another is asked for: NUM_DRAWS
    times of the sampler, then NUM_LAST_DRAWS times at random. In a space of which every parameter is finite the latter
    draws from the combinations that no trial had, and stops when there are none. All of it follows from the seed and
    from the trials before.

    Args:
        study: What the sampler reads and what trials are added to.
        search: Says which sampler.
        asked: The arm's trials that were handed out, in that order.
        seed_of: Derives a seed for a purpose.
        begin: Asked before the sampler that `search` says.
        depth: Freezing depth that the sampler is to draw the rest for; what it likes where None. What is drawn after
            it, where all that it draws is taken, is of any depth.
        suggest: Makes the configuration.
        is_taken: Whether a trial has or had it.
    """
    tried = list(asked)
    first = [] if begin is None else [begin]
    for sampler in chain(first, _samplers(search, asked, tried, seed_of, depth)):
        if isinstance(sampler, GridSampler) and sampler.is_exhausted:
            return None
        study.sampler = sampler
        with silent_sampling():
            trial = study.ask()
            suggested = suggest(trial)
        if not is_taken(suggested):
            if search.sampler is Sampler.NSGA2:
                # Given and random configurations are parents like others.
                GeneticSampler(population_size=search.generation).take_in(study, trial)
            return trial, suggested
        tried.append(study.tell(trial, state=OptunaState.FAIL))
    return None


def _samplers(
    search: SearchSpec,
    asked: Sequence[FrozenTrial],
    tried: list[FrozenTrial],
    seed_of: Callable[..., int],
    depth: int | None,
) -> Iterator[BaseSampler]:
    """Yield the sampler of each attempt; `tried` grows between them."""
    place = len(asked)
    arm_seed = seed_of("sequence")

    def own(seed: int) -> BaseSampler:
        sampler = make_sampler(search, seed=seed, asked=asked, arm_seed=arm_seed)
        return sampler if depth is None else AtDepth(sampler, depth)

    yield own(seed_of("sampler", place))
    # Neither a grid nor a sequence of points has anything else to say of this place.
    num_more = 0 if search.sampler in (Sampler.GRID, Sampler.QMC) else NUM_DRAWS - 1
    for attempt in range(num_more + NUM_LAST_DRAWS):
        seed = seed_of("sampler", place, 1 + attempt)
        if attempt < num_more:
            yield own(seed)
        else:
            yield _LeftSampler(tried, seed=seed) if _is_finite(tried) else RandomSampler(seed=seed)


class _LeftSampler(GridSampler):
    """Draws a combination that is left; at random what comes after a parameter that no trial had and no grid lists."""

    def __init__(self, taken: Sequence[FrozenTrial], *, seed: int) -> None:
        super().__init__(taken, seed=seed)
        self._random = RandomSampler(seed=seed)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value under which something is left."""
        if _is_finite([trial]) and _is_listed(param_name, param_distribution):
            return super().sample_independent(study, trial, param_name, param_distribution)
        return self._random.sample_independent(study, trial, param_name, param_distribution)


def _is_finite(trials: Sequence[FrozenTrial]) -> bool:
    """Whether all parameters that trials had so far are of a finite number of values."""
    known = {(name, found) for trial in trials for name, found in trial.distributions.items()}
    return all(_is_listed(name, distribution) for name, distribution in known)


def _is_listed(name: str, distribution: BaseDistribution) -> bool:
    try:
        grid_values(name, distribution)
    except InputError:
        return False
    return True
