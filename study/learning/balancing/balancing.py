"""What a way to balance tasks does, and what it is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from study.learning.ranks import ALONE, Ranks


@dataclass(frozen=True, kw_only=True, eq=False)
class StepLosses:
    """What a step is taken on. Needs no model: two numbers and two losses of them will do."""

    losses: Mapping[int, Tensor]
    """w_t L_t of each task of the step, by its position: this rank's part of it, a scalar whose gradient is wanted."""
    totals: Mapping[int, float]
    """The same over all ranks."""
    shared: Sequence[nn.Parameter]
    """What all tasks share and is trained."""
    own: Sequence[nn.Parameter]
    """What a single task has for itself, of all tasks."""
    ranks: Ranks = ALONE
    """Who takes the step together."""

    @property
    def present(self) -> list[int]:
        """Tasks that have a loss in this step: it is 0 where no example has a label, or the task weighs nothing."""
        return [task for task, total in self.totals.items() if total != 0]


class Balancing(ABC):
    """How the losses of several tasks become the gradient of a step. All ranks call it together."""

    is_joint = False
    """Whether a step takes the losses of all tasks, also of those with inputs of their own, and gradients are put
    together over ranks by the method itself, from losses of the model as it is on a rank."""
    learns_from_steps = False
    """Whether it is to be told the losses on the same examples once the step is taken."""

    @abstractmethod
    def find_gradients(self, step: StepLosses) -> None:
        """Add the step's gradients to the parameters' own, as backward does; the same on every rank.

        Over ranks that is backward's mean where `is_joint` is False: the model's own wrapper sees to it.
        """

    def begin_epoch(self, seed: int) -> None:  # noqa: B027 - most know no epochs
        """Hear that an epoch begins.

        Args:
            seed: Of what is random in it; the same on every rank.
        """

    def learn(self, totals: Mapping[int, float]) -> None:  # noqa: B027 - most learn from no step
        """Hear the losses after the step whose gradients were found last, where `learns_from_steps`.

        Args:
            totals: Of the same tasks, over all ranks.
        """

    def parameters(self) -> list[nn.Parameter]:
        """Return what it has to be trained together with the heads."""
        return []

    def state(self) -> dict[str, Any]:
        """Return where it stands, for a checkpoint: tensors, numbers, and lists and dicts of them."""
        return {}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from where another stood, of the same method and tasks."""
        assert not state, "it keeps nothing"
