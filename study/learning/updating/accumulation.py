"""Accumulation: the gradient of a batch that is computed part by part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import nn


def add_up(parameters: Sequence[nn.Parameter], parts: Iterable[None]) -> None:
    """Set every parameter's gradient to the sum of those that a batch's parts leave, one part after the other.

    A parameter that no part reaches keeps none.

    Args:
        parameters: Whose gradients.
        parts: Goes on to the next part whenever it is asked for one, and sets the gradients to that part's.
    """
    sums: list[torch.Tensor | None] = [None] * len(parameters)
    for _ in parts:
        for position, parameter in enumerate(parameters):
            gradient, known = parameter.grad, sums[position]
            if gradient is not None:
                # Copied: the next part overwrites the gradient where several workers share its memory.
                sums[position] = gradient.clone() if known is None else known.add_(gradient)
    for parameter, total in zip(parameters, sums, strict=True):
        parameter.grad = total
