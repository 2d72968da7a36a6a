"""Gradient clipping."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def clip(parameters: Sequence[nn.Parameter], max_norm: float) -> None:
    """Scale all gradients down together where their common L2 norm is above `max_norm`.

    g <- g * max_norm / |g| (Pascanu et al., 2013, On the difficulty of training recurrent neural networks,
    algorithm 1), over heads and unfrozen stages as one vector.
    """
    nn.utils.clip_grad_norm_(parameters, max_norm)
