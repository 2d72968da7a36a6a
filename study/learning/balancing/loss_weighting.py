"""Methods that weigh losses: one backward pass through their weighted sum."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor

from study.learning.balancing.balancing import Balancing, StepLosses
from study.learning.ranks import Ranks


class LossWeighting(Balancing):
    """Weighs each task's loss by a number of its own, for the shared parameters and the head alike."""

    @abstractmethod
    def weigh(self, step: StepLosses) -> Mapping[int, float]:
        """Return each task's weight in this step, for the tasks of the step at least."""

    def find_gradients(self, step: StepLosses) -> None:
        """Add the gradients of the weighted sum."""
        weights = self.weigh(step)
        backward(torch.stack([weights[task] * loss for task, loss in step.losses.items()]).sum(), step.ranks)


def backward(total: Tensor, ranks: Ranks) -> None:
    """Add a loss's gradients to those of all parameters."""
    # Backward leaves the mean over ranks; the batch's gradient is the sum of their parts'.
    (total * ranks.size).backward()  # type: ignore[no-untyped-call]
