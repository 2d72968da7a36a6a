"""An objective: what a task minimises, and what its predictions are measured by."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor


class Metrics(ABC):
    """Gathers predictions batch by batch; how they were batched makes no difference to the result."""

    @abstractmethod
    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Take in a batch: a head's outputs, shape (N, output_width), and the labels, shape (N,)."""

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """Return the value of each metric by its name in `study.values.metric_names`."""


class Objective(ABC):
    """One kind of task; classification is the first."""

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
