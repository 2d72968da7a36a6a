"""The generations of a population: from which trial each goes on, and with which parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.asked_file import HYPERPARAMETERS, NUMBER, PARENT
from study.adapters.optuna_search.exploring import explored
from study.adapters.optuna_search.space import Space
from study.values.arm import ArmFacts
from study.values.hyperparameters import Hyperparameters
from study.values.spec import PopulationSpec
from study.values.truncation import parents

_NUM_DRAWS = 10
"""Times that other hyperparameters are drawn where a trial goes on from the same one with these."""


@dataclass(frozen=True, kw_only=True)
class Heir:
    """A trial that goes on from another."""

    parent: FrozenTrial
    """Optuna's, of that one."""
    params: dict[str, Any]
    """Parameters of the space that it is trained with."""


@dataclass(frozen=True, kw_only=True)
class Generations:
    """Says what the trials of an arm go on from; all of it follows from the seed and the generation before.

    Generations are in step: one begins when all of the one before have ended, so that trials are compared after equally
    many epochs and a study that is repeated or resumed has the same lineages. The paper's populations need not wait.
    """

    population: PopulationSpec
    space: Space
    facts: ArmFacts
    maximize: bool
    """Whether a higher objective is better."""
    seed_of: Callable[..., int]
    """Derives a seed for a purpose."""

    def heir(self, asked: Sequence[FrozenTrial]) -> Heir | None:
        """Return what the next trial goes on from; None where all trials of the generation before failed.

        Args:
            asked: The arm's trials that were handed out, in that order: the first generation whole, at least.
        """
        size = self.population.size
        generation, member = divmod(len(asked), size)
        before = asked[(generation - 1) * size : generation * size]
        chosen = parents(
            [self._badness(trial) for trial in before],
            self.population.num_replaced,
            self.seed_of("exploit", generation),
        )
        if chosen is None:
            return None
        parent = before[chosen[member]]
        if chosen[member] == member:
            return Heir(parent=parent, params=dict(parent.params))
        siblings = asked[generation * size :]
        heirs = [trial.params for trial in siblings if trial.user_attrs[PARENT] == parent.user_attrs[NUMBER]]
        taken = [parent.params, *heirs]  # one of the best goes on with what it has in its own place
        found = [self._explored(parent, len(asked), attempt) for attempt in range(_NUM_DRAWS)]
        return Heir(parent=parent, params=next((params for params in found if params not in taken), found[0]))

    def _explored(self, parent: FrozenTrial, place: int, attempt: int) -> dict[str, Any]:
        return explored(
            parent,
            self.space,
            self.facts,
            parent=Hyperparameters.model_validate(parent.user_attrs[HYPERPARAMETERS]),
            resample_chance=self.population.resample_chance,
            seed=self.seed_of("explore", place, attempt),
        )

    def _badness(self, trial: FrozenTrial) -> float | None:
        if trial.state is not OptunaState.COMPLETE or trial.value is None:
            return None
        return -trial.value if self.maximize else trial.value
