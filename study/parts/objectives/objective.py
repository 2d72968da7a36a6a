"""An objective: what a task minimises, and what its predictions are measured by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from typing_extensions import Self


MEASURED_AT_ONCE = 2**23
"""Outputs of several models, in float64."""


class Metrics(ABC):
    """Gathers predictions batch by batch; how they were batched makes no difference to the result."""

    @abstractmethod
    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Take in a batch: a head's outputs, shape (N, output_width), and the labels, shape (N,)."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """Return the value of each metric by its name in `study.values.metric_names`."""


class StackedObjective(ABC):
    """One task's objectives of several models that are trained side by side; they may differ in their settings."""

    @abstractmethod
    def losses(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return each model's loss as `Objective.loss` defines it, shape (models,).

        Args:
            outputs: What the heads give, shape (models, N, output_width).
            labels: Shape (models, N).
        """

    @abstractmethod
    def measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        """Return each model's metrics, as `Metrics.compute` would.

        Args:
            outputs: Of all examples, shape (models, N, output_width).
            labels: The same for all models, shape (N,).
        """


class Objective(ABC):
    """One kind of task."""

    @abstractmethod
    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss over the labelled examples of a batch, a scalar with gradient.

        Args:
            outputs: What a head gives, shape (N, output_width).
            labels: Shape (N,); an example whose label is MISSING takes no part. With none left the loss is 0.
        """

    @abstractmethod
    def new_metrics(self) -> Metrics:
        """Return a fresh, empty gatherer of this objective's metrics."""

    def predicted(self, outputs: Tensor) -> Tensor:
        """Return what is kept of outputs (N, output_width) as predictions: themselves where they are logits."""
        return outputs

    @classmethod
    @abstractmethod
    def stack(cls, objectives: Sequence[Self]) -> StackedObjective:
        """Return the objectives of one task's several models as one."""
