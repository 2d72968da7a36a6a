"""Regression: squared error of a number, standardised by the training split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.parts.objectives.objective import Metrics, Objective, StackedObjective
from study.parts.objectives.regression_metrics import RegressionMetrics, measure
from study.parts.tasks.data import MISSING
from study.parts.tasks.numbers import decoded

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of a target over the training split: what a head's output is in units of."""

    mean: float
    std: float

    @classmethod
    def of(cls, labels: NDArray[np.int64]) -> Scale:
        """Return those of a training split's numbers, as labels; its std is above 0, which specs are checked for."""
        numbers = decoded(labels[labels != MISSING])
        return cls(float(numbers.mean()), float(numbers.std()))

    def original(self, outputs: Tensor) -> Tensor:
        """Return outputs in the target's unit, float64."""
        return outputs.double() * self.std + self.mean


class Regression(Objective):
    """One number an example."""

    def __init__(self, scale: Scale) -> None:
        """Set up.

        Args:
            scale: Of the training split.
        """
        self.scale = scale

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean squared error in standard deviations of the target, over the labelled examples of a batch."""
        return squared_error(outputs, labels, self.scale)

    def new_metrics(self) -> Metrics:
        """Return an empty gatherer, whose `loss` is this objective's and whose errors are in the target's unit."""
        return RegressionMetrics(self.scale.mean, self.scale.std)

    def predicted(self, outputs: Tensor) -> Tensor:
        """Return the numbers predicted, in the target's unit: float64, shape (N, 1)."""
        return self.scale.original(outputs)

    @classmethod
    def stack(cls, objectives: Sequence[Self]) -> StackedRegression:
        """Return the objectives of one task's several models as one."""
        (scale,) = {objective.scale for objective in objectives}
        return StackedRegression(scale)


class StackedRegression(StackedObjective):
    """Squared error of several models on the same data."""

    def __init__(self, scale: Scale) -> None:
        self._scale = scale

    def losses(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return each model's mean squared error over its labelled examples, shape (models,)."""
        return squared_error(outputs, labels, self._scale)

    def measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        """Return each model's metrics."""
        return measure(outputs.cpu(), labels.cpu(), mean=self._scale.mean, std=self._scale.std)


def squared_error(outputs: Tensor, labels: Tensor, scale: Scale) -> Tensor:
    """Return the mean of ((y - mean) / std - output)^2 over the labelled examples, shape (...); 0 where there is none.

    Args:
        outputs: Shape (..., N, 1).
        labels: Numbers as labels, int64 of shape (..., N).
        scale: Mean and std.
    """
    labelled = labels != MISSING
    # Filled in before anything is computed: a NaN has a gradient even where it is multiplied by 0.
    numbers = torch.where(labelled, labels.view(torch.float64), scale.mean)
    wanted = ((numbers - scale.mean) / scale.std).to(outputs.dtype)
    errors = (outputs.squeeze(-1) - wanted).square() * labelled
    return errors.sum(dim=-1) / labelled.sum(dim=-1).clamp(min=1)
