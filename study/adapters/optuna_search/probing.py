"""What is wrong with the search spaces, found before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import optuna
from optuna.samplers import RandomSampler

from study.adapters.optuna_search.counting import num_configurations
from study.adapters.optuna_search.exploring import may_change
from study.adapters.optuna_search.grid import grid_values
from study.adapters.optuna_search.low_cost_start import DEPTH, nearest
from study.adapters.optuna_search.quiet import quiet_optuna
from study.adapters.optuna_search.space import Space
from study.values.arm import ArmFacts
from study.values.lineage import MAY_CHANGE
from study.values.problems import InputError, Location, Problem
from study.values.protocols import Protocol
from study.values.seeds import derive_seed
from study.values.spec import Sampler, SearchSpec

NUM_DRAWS = 24
"""Configurations drawn of each arm's space."""


def space_problems(search: SearchSpec, facts: Sequence[ArmFacts], root: Path, seed: int) -> list[Problem]:
    """Return what is wrong with the spaces of these arms, each fault once.

    Args:
        search: Says which spaces are searched and how.
        facts: The arms'.
        root: Folder of the spec.
        seed: The study's; the same configurations are drawn every time.
    """
    found: dict[tuple[Location, str], Problem] = {}
    for arm in facts:
        location = _location(search, arm.protocol)
        for message in _arm_faults(search, arm, root, derive_seed(seed, arm.arm, "probing")):
            # Draws differ in the values that they get wrong; one example will do.
            fault = re.sub(r"\d+(\.\d+)?(e[-+]?\d+)?", "#", message)
            found.setdefault((location, fault), Problem(message=message, location=location))
    return list(found.values())


def _location(search: SearchSpec, protocol: Protocol) -> Location:
    named_by_protocol = isinstance(search.space, dict) and protocol in search.space
    return ("search", "space", protocol.value) if named_by_protocol else ("search", "space")


def _arm_faults(search: SearchSpec, arm: ArmFacts, root: Path, seed: int) -> Iterator[str]:
    try:
        space = Space.load(search.space_for(arm.protocol), root)
    except InputError as error:
        yield from (str(problem) for problem in error.problems)
        return
    with quiet_optuna():
        study = optuna.create_study(sampler=RandomSampler(seed=seed))
    for _ in range(NUM_DRAWS):
        trial = study.ask()
        yield from _draw_faults(space, trial, arm)
        if search.sampler is Sampler.GRID:
            yield from _grid_faults(space, trial)
        if search.population_based_training is not None:
            yield from _population_faults(space, trial, arm)
        if search.low_cost_start and arm.min_freezing_depth < arm.max_freezing_depth:
            yield from _start_faults(space, trial, arm)
    if search.population_based_training is not None:
        yield from _size_faults(space, arm, search.population_based_training.size, seed)


def _draw_faults(space: Space, trial: optuna.Trial, arm: ArmFacts) -> Iterator[str]:
    try:
        values = space.suggest(trial, arm)
    except InputError as error:
        yield from (str(problem) for problem in error.problems)
        return
    if values.batch_size > arm.num_train:
        yield (
            f"space {space.reference}: batch_size = {values.batch_size}, but the smallest training split of "
            f"{arm.arm} has {arm.num_train} examples"
        )


def _grid_faults(space: Space, trial: optuna.Trial) -> Iterator[str]:
    for name, distribution in trial.distributions.items():
        try:
            grid_values(name, distribution)
        except InputError as error:
            yield f"space {space.reference}: {error}"


def _population_faults(space: Space, trial: optuna.Trial, arm: ArmFacts) -> Iterator[str]:
    if not may_change(trial.study.get_trials(deepcopy=False)[trial.number], space, arm):
        yield (
            f"space {space.reference} suggests nothing that may change while a trial trains, as "
            f"search.population_based_training has it: {', '.join(MAY_CHANGE)}; leave that out, or have the space "
            "suggest one"
        )


def _size_faults(space: Space, arm: ArmFacts, size: int, seed: int) -> Iterator[str]:
    number = num_configurations(space, arm, wanted=size, seed=seed)
    if number is not None:
        yield (
            f"space {space.reference} has {number} configurations for {arm.arm}, fewer than the {size} trials of the "
            f"first generation; search.population_based_training.size must be {number} or less"
        )


def _start_faults(space: Space, trial: optuna.Trial, arm: ArmFacts) -> Iterator[str]:
    try:
        nearest(arm.max_freezing_depth, trial.distributions[DEPTH])
    except (KeyError, TypeError, InputError):
        yield (
            f"space {space.reference} suggests no whole number called {DEPTH}, by which search.low_cost_start begins; "
            "call the parameter so, as search_spaces.freezing does, or leave low_cost_start out"
        )
