"""Computing a batch twice with the same random draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def repeatable(model: nn.Module, device: torch.device) -> Iterator[Callable[[], None]]:
    """Yield what puts random generators back to where they are now: dropout, augmentation and mixing draw the same.

    At the end the model's buffers, such as the statistics of batch normalisation, are as they were at its last call,
    so that a batch counts in them once.

    Args:
        model: What is computed.
        device: Where.
    """
    devices = [device] if device.type == "cuda" else []
    here, there = torch.get_rng_state(), [torch.cuda.get_rng_state(one) for one in devices]
    kept: dict[str, torch.Tensor] = {}

    def again() -> None:
        kept.update({name: value.clone() for name, value in model.named_buffers()})
        torch.set_rng_state(here)
        for one, state in zip(devices, there, strict=True):
            torch.cuda.set_rng_state(state, one)

    yield again
    with torch.no_grad():
        for name, value in model.named_buffers():
            if name in kept:
                value.copy_(kept[name])
