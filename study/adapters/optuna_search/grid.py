"""Every combination of a finite space, each once, in random order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial

from study.adapters.optuna_search.independent_sampler import IndependentSampler
from study.values.problems import InputError


class GridSampler(IndependentSampler):
    """Draws a combination that no earlier trial took, for one trial of a define-by-run space.

    Optuna's own grid wants the space listed beforehand; its BruteForceSampler does not, but it counts a trial that
    broke off half-way through its suggestions as a combination, cannot say that none is left, and stops a study from
    within `tell`.
    """

    def __init__(self, taken: Iterable[FrozenTrial], *, seed: int) -> None:
        """Learn what is taken.

        Args:
            taken: Earlier trials, whatever became of them; one that is running has its combination too.
            seed: Of the order.
        """
        self._rng = np.random.default_rng(seed)
        self._root = _Node()
        for trial in taken:
            _walk(self._root, trial).is_taken = True

    @property
    def is_exhausted(self) -> bool:
        """Whether no combination is left."""
        return self._root.is_exhausted

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value under which, after those drawn so far, something is left."""
        node = _walk(self._root, trial)
        values = grid_values(param_name, param_distribution)
        left = [value for value in values if value not in node.children or not node.children[value].is_exhausted]
        return param_distribution.to_external_repr(float(self._rng.choice(left or values)))


def grid_values(name: str, distribution: BaseDistribution) -> list[float]:
    """Return every value of a parameter, as Optuna represents it inside.

    Args:
        name: The parameter's name, for the message.
        distribution: What it is drawn from.

    Raises:
        InputError: If it is continuous.
    """
    if isinstance(distribution, CategoricalDistribution):
        return [float(index) for index in range(len(distribution.choices))]
    if isinstance(distribution, IntDistribution):
        return [float(value) for value in range(distribution.low, distribution.high + 1, distribution.step)]
    assert isinstance(distribution, FloatDistribution), "Optuna has these three"
    if distribution.single():
        return [distribution.low]
    if distribution.step is None:
        raise InputError(
            f"{name} is continuous ({distribution.low} to {distribution.high}), so a grid cannot list its values; "
            "suggest it with a step or from a list of choices, or search with tpe or random"
        )
    # In decimals, so that 0.1 + 2 * 0.1 is the 0.3 a person means.
    low, step = Decimal(str(distribution.low)), Decimal(str(distribution.step))
    count = int((Decimal(str(distribution.high)) - low) / step) + 1
    return [float(low + step * index) for index in range(count)]


@dataclass
class _Node:
    """What is known to come after some values: a parameter's values, or nothing more."""

    values: list[float] = field(default_factory=list)
    children: dict[float, _Node] = field(default_factory=dict)
    is_taken: bool = False

    @property
    def is_exhausted(self) -> bool:
        if not self.values:
            return self.is_taken
        return all(value in self.children and self.children[value].is_exhausted for value in self.values)


def _walk(root: _Node, trial: FrozenTrial) -> _Node:
    """Return the node to which a trial's values lead, in the order they were suggested, made where it is not there."""
    node = root
    for name, value in trial.params.items():
        distribution = trial.distributions[name]
        # Optuna does not ask a sampler for a parameter of one value.
        if not distribution.single():
            node.values = grid_values(name, distribution)
            node = node.children.setdefault(distribution.to_internal_repr(value), _Node())
    return node
