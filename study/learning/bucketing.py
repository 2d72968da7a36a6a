"""Batches of examples of like lengths, so that little of a batch is padding."""

from __future__ import annotations

import torch
from torch import Tensor

_MOST_BATCHES = 50
"""Of a pool, which is sorted by length; a pool is a quarter of the examples at most."""


def bucketed(order: Tensor, lengths: Tensor, batch_size: int, generator: torch.Generator) -> Tensor:
    """Return an order in which each full batch is of examples of like lengths, batches in random order.

    The examples are taken in pools as they come, each pool is sorted by length and cut into batches, and the batches
    of all pools are shuffled: which examples share a batch is another thing every time. What fills no batch is left at
    the end.

    Args:
        order: Rows in random order.
        lengths: Of each of them, shape (len(order),).
        batch_size: Rows a batch.
        generator: Decides the order of the batches.
    """
    num_batches = len(order) // batch_size
    if num_batches < 2:
        return order
    pool = min(_MOST_BATCHES, max(1, num_batches // 4)) * batch_size
    full = num_batches * batch_size
    pools = [
        part[torch.argsort(of_part, stable=True)]
        for part, of_part in zip(torch.split(order[:full], pool), torch.split(lengths[:full], pool), strict=True)
    ]
    batches = torch.cat(pools).reshape(num_batches, batch_size)
    shuffled = batches[torch.randperm(num_batches, generator=generator)]
    return torch.cat([shuffled.flatten(), order[full:]])
