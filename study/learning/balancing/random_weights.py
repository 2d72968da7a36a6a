"""Random loss weighting: what a method has to beat to be worth its name."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from study.learning.balancing.balancing import StepLosses
from study.learning.balancing.loss_weighting import LossWeighting


class RandomWeights(LossWeighting):
    """T softmax(z) with z standard normal, drawn anew every step (Lin et al., 2022, algorithm 1).

    The paper's weights sum to 1; here to the number of tasks, as equal weights do, so that a learning rate means the
    same.
    """

    def __init__(self, num_tasks: int) -> None:
        self._num_tasks = num_tasks
        self._generator = torch.Generator()

    def begin_epoch(self, seed: int) -> None:
        """Draw from another seed, so that nothing of it has to be kept from one epoch to the next."""
        self._generator.manual_seed(seed)

    def weigh(self, step: StepLosses) -> Mapping[int, float]:
        """Return a draw for all tasks."""
        drawn = torch.randn(self._num_tasks, generator=self._generator, dtype=torch.float64)
        return dict(enumerate((self._num_tasks * drawn.softmax(dim=0)).tolist()))
