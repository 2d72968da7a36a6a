"""Gradients taken apart, task by task and parameter by parameter, and put where an optimizer finds them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from study.learning.balancing.balancing import StepLosses
from study.learning.ranks import Ranks


def shared_gradients(step: StepLosses, tasks: Sequence[int]) -> tuple[list[nn.Parameter], Tensor]:
    """Return the shared parameters that the tasks' losses depend on, and each task's gradient of them.

    The gradients are those of the whole batch, shape (len(tasks), number of values), parameter after parameter. It
    costs a backward pass a task, and the memory of as many gradients.
    """
    found = [
        torch.autograd.grad(step.losses[task], step.shared, retain_graph=True, allow_unused=True) for task in tasks
    ]
    of_each = list(zip(*found, strict=True))
    used = [place for place, gradients in enumerate(of_each) if any(one is not None for one in gradients)]
    parameters = [step.shared[place] for place in used]
    rows = [
        torch.cat([_filled(of_each[place][row], step.shared[place]).flatten() for place in used])
        for row in range(len(tasks))
    ]
    return parameters, step.ranks.total(torch.stack(rows))


def add_own_gradients(step: StepLosses) -> None:
    """Give what a task has for itself the gradient of its own loss, whatever is done to what tasks share."""
    add_gradient_of(torch.stack(list(step.losses.values())).sum(), step.own, step.ranks)


def add_gradient_of(loss: Tensor, parameters: Sequence[nn.Parameter], ranks: Ranks) -> None:
    """Add a loss's gradient, summed over ranks, to parameters; those that it does not depend on stay as they are."""
    if not parameters:
        return
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    used = [(parameter, one) for parameter, one in zip(parameters, found, strict=True) if one is not None]
    if used:
        add_flat([one for one, _ in used], ranks.total(torch.cat([gradient.flatten() for _, gradient in used])))


def add_flat(parameters: Sequence[nn.Parameter], flat: Tensor) -> None:
    """Add to the gradient of each parameter its part of one long vector."""
    for parameter, part in zip(parameters, torch.split(flat, [one.numel() for one in parameters]), strict=True):
        if parameter.grad is None:
            # Laid out in memory as the parameter is: fused optimizers go through both side by side.
            parameter.grad = torch.empty_like(parameter).copy_(part.view_as(parameter))
        else:
            parameter.grad.add_(part.view_as(parameter))


def _filled(gradient: Tensor | None, parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if gradient is None else gradient
