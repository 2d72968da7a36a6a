"""Uncertainty weighting: a learned variance a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from study.learning.balancing.balancing import StepLosses
from study.learning.balancing.loss_weighting import LossWeighting


class UncertaintyWeighting(LossWeighting):
    """Minimises sum_t exp(-s_t) L_t + s_t / 2 over the model and s_t = log sigma_t^2 (Kendall et al., 2018, eq. 10).

    That is the paper's form for classification. Its form for regression has half the squared error in place of
    L_t: the same with s_t shifted by log 2. For a loss that stands still the optimum is sigma_t^2 = 2 L_t, a weight
    of 1 / (2 L_t). All s_t begin at 0; they are trained with the heads' learning rate, without weight decay. A task
    that has no loss in a step leaves its s_t without a gradient.
    """

    def __init__(self, num_tasks: int, device: torch.device) -> None:
        self._log_variances = nn.Parameter(torch.zeros(num_tasks, device=device))

    def weigh(self, step: StepLosses) -> Mapping[int, float]:
        """Return exp(-s_t), and leave the gradient of s_t: the same on every rank, since it is of the whole batch."""
        weights = (-self._log_variances.detach()).exp().tolist()
        slopes = [0.0] * len(weights)
        for task in step.present:
            slopes[task] = 0.5 - weights[task] * step.totals[task]
        gradient = self._log_variances.new_tensor(slopes)
        earlier = self._log_variances.grad
        self._log_variances.grad = gradient if earlier is None else earlier + gradient
        return dict(enumerate(weights))

    def parameters(self) -> list[nn.Parameter]:
        """Return s_t of all tasks, shape (T,)."""
        return [self._log_variances]

    def state(self) -> dict[str, Any]:
        """Return s_t; what the optimizer keeps of them is with the optimizer."""
        return {"log_variances": self._log_variances.detach().clone()}

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Go on with other s_t."""
        self._log_variances.copy_(state["log_variances"])
