"""The weighted sum of losses: what is done where nothing else is asked for."""

from __future__ import annotations

import torch

from study.learning.balancing.balancing import Balancing, StepLosses
from study.learning.balancing.loss_weighting import backward


class WeightedSum(Balancing):
    """sum_t w_t L_t, with weights that stay what they are (linear scalarization)."""

    def find_gradients(self, step: StepLosses) -> None:
        """Add the gradients of the sum."""
        backward(torch.stack(list(step.losses.values())).sum(), step.ranks)
