"""Sharpness-aware minimization: the gradient where the loss nearby is largest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def at_the_sharpest(parameters: Sequence[nn.Parameter], radius: float) -> Iterator[None]:
    """Move parameters up along their gradients, by `radius` together, and back at the end.

    w + rho * g / |g|_2 is where the loss is largest within rho of w, to first order (Foret et al., 2021,
    Sharpness-Aware Minimization for Efficiently Improving Generalization, equation 2 with p = 2).

    Args:
        parameters: With gradients; those without stay. They come back to where they were, bit by bit.
        radius: rho.
    """
    moved = [one for one in parameters if one.grad is not None]
    gradients = [one.grad for one in moved if one.grad is not None]
    kept = [one.detach().clone() for one in moved]
    # As in the authors' code: a gradient of 0 moves nothing.
    norm = nn.utils.get_total_norm(gradients) + 1e-12
    with torch.no_grad():
        for one, gradient in zip(moved, gradients, strict=True):
            one.add_(gradient * (radius / norm))
    try:
        yield
    finally:
        with torch.no_grad():
            for one, value in zip(moved, kept, strict=True):
                one.copy_(value)
