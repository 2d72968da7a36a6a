"""FAMO: losses that go down at the same rate, by what a step did to them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from study.learning.balancing.balancing import Balancing, StepLosses
from study.learning.balancing.gradients import add_gradient_of, add_own_gradients

_EPSILON = 1e-8


class FAMO(Balancing):
    """Moves the shared parameters by sum_t lambda_t g_t, lambda_t = T c z_t / L_t, z = softmax(xi) (Liu et al., 2023).

    c makes lambda sum to T (algorithm 1; 1 in the paper, T here, so that a learning rate means the same). After the
    step xi takes one of Adam, with weight decay gamma, by how much each log L_t went down on the same examples: tasks
    that went down most count less in the next. That is one forward pass more, and no more backward passes: losses are
    to be positive. Heads have the gradient of their own loss. Tasks that have no loss in a step take no part in it.
    """

    is_joint = True
    learns_from_steps = True

    def __init__(self, num_tasks: int, *, learning_rate: float, weight_decay: float) -> None:
        self._logits = nn.Parameter(torch.zeros(num_tasks, dtype=torch.float64))
        self._optimizer = torch.optim.Adam([self._logits], lr=learning_rate, weight_decay=weight_decay)
        self._before: dict[int, float] = {}

    def find_gradients(self, step: StepLosses) -> None:
        """Add the gradients: of the heads by their own losses, of the shared parameters by all."""
        tasks = step.present or list(step.losses)
        losses = torch.tensor([step.totals[task] for task in tasks], dtype=torch.float64) + _EPSILON
        raw = self._shares(tasks) / losses
        weights = (len(tasks) * raw / raw.sum()).tolist()
        add_own_gradients(step)
        total = torch.stack([weight * step.losses[task] for task, weight in zip(tasks, weights, strict=True)]).sum()
        add_gradient_of(total, step.shared, step.ranks)
        self._before = {task: step.totals[task] for task in step.present}

    def learn(self, totals: Mapping[int, float]) -> None:
        """Move xi by what the step did."""
        tasks = [task for task in self._before if math.isfinite(totals[task])]
        if len(tasks) < 2:
            return
        went_down = torch.tensor(
            [math.log(self._before[task] + _EPSILON) - math.log(totals[task] + _EPSILON) for task in tasks],
            dtype=torch.float64,
        )
        shares = self._shares(tasks)
        self._logits.grad = torch.zeros_like(self._logits)
        self._logits.grad[tasks] = shares * (went_down - shares @ went_down)
        self._optimizer.step()

    def state(self) -> dict[str, Any]:
        """Return xi and what Adam keeps of it."""
        return {"logits": self._logits.detach().clone(), "optimizer": self._optimizer.state_dict()}

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Go on with another xi."""
        self._logits.copy_(state["logits"])
        self._optimizer.load_state_dict(state["optimizer"])

    def _shares(self, tasks: list[int]) -> Tensor:
        """Return z of some tasks, without the others."""
        return self._logits.detach()[tasks].softmax(dim=0)
