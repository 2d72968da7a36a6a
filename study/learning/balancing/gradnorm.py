"""GradNorm: weights that bring the tasks' gradients to a common size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from study.learning.balancing.balancing import Balancing, StepLosses
from study.learning.balancing.gradients import add_gradient_of, shared_gradients

_LEAST = 1e-3
"""Of a weight: steps of one size would carry one below 0, and its loss would be made larger."""


class GradNorm(Balancing):
    """Learns w_t by lowering sum_t |G_t - mean(G) r_t^alpha|, G_t = ||w_t dL_t/dW|| (Chen et al., 2018, eq. 2).

    W is the last weight of what tasks share. r_t is the share of its first loss that task t has left, relative to the
    mean of the tasks: those that learn slowly get larger gradients, the more so the larger alpha. The weights are
    trained with Adam (Kingma and Ba, 2015), begin at 1 and are scaled to sum to T after every step; they weigh
    the losses for the shared parameters and the heads alike (algorithm 1). Tasks that have no loss in a step leave
    their weights without a gradient.
    """

    is_joint = True

    def __init__(self, num_tasks: int, *, alpha: float, learning_rate: float) -> None:
        self._alpha = alpha
        self._weights = nn.Parameter(torch.ones(num_tasks, dtype=torch.float64))
        self._optimizer = torch.optim.Adam([self._weights], lr=learning_rate)
        self._first = torch.full((num_tasks,), torch.nan, dtype=torch.float64)

    def find_gradients(self, step: StepLosses) -> None:
        """Add the gradients of the losses as they are weighed now, and move the weights for the next step."""
        weights = self._weights.detach().tolist()
        total = torch.stack([weights[task] * loss for task, loss in step.losses.items()]).sum()
        if len(step.present) > 1:
            self._move(step)
        add_gradient_of(total, [*step.shared, *step.own], step.ranks)

    def state(self) -> dict[str, Any]:
        """Return the weights, what Adam keeps of them, and the first losses."""
        kept = {"weights": self._weights.detach().clone(), "first": self._first.clone()}
        return {**kept, "optimizer": self._optimizer.state_dict()}

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Go on with other weights."""
        self._weights.copy_(state["weights"])
        self._first.copy_(state["first"])
        self._optimizer.load_state_dict(state["optimizer"])

    def _move(self, step: StepLosses) -> None:
        tasks = step.present
        losses = torch.tensor([step.totals[task] for task in tasks], dtype=torch.float64)
        self._first[tasks] = torch.where(self._first[tasks].isnan(), losses, self._first[tasks])
        norms = _norms(step)
        sizes = self._weights.detach()[tasks] * norms
        left = losses / self._first[tasks]
        wanted = sizes.mean() * (left / left.mean()) ** self._alpha
        self._weights.grad = torch.zeros_like(self._weights)
        # |w n - constant| has this slope in w: what is wanted counts as a constant.
        self._weights.grad[tasks] = torch.sign(sizes - wanted) * norms
        self._optimizer.step()
        with torch.no_grad():
            self._weights.clamp_(min=_LEAST)
            self._weights.mul_(len(self._weights) / self._weights.sum())


def _norms(step: StepLosses) -> Tensor:
    """Return the norm of each task's gradient of W, float64 on the CPU."""
    matrices = [one for one in step.shared if one.ndim > 1] or list(step.shared)
    last = StepLosses(losses=step.losses, totals=step.totals, shared=matrices[-1:], own=(), ranks=step.ranks)
    _, gradients = shared_gradients(last, step.present)
    norms: Tensor = torch.linalg.vector_norm(gradients, dim=1)
    return norms.double().cpu()
