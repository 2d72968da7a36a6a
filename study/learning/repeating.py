"""Doing the forward passes of a training step again, as if for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Repetition:
    """Remembers the random numbers of a moment, so that what is computed from then on can be computed again."""

    def __init__(self, device: torch.device) -> None:
        """Remember now.

        Args:
            device: What is computed on, beside the CPU.
        """
        self._devices = [device] if device.type == "cuda" else []
        self._cpu = torch.get_rng_state()
        self._gpu = [torch.cuda.get_rng_state(one) for one in self._devices]

    @contextmanager
    def of(self, model: nn.Module) -> Iterator[None]:
        """Draw what was drawn from then on, and leave the generators and the model's buffers as they are now.

        The statistics of batch normalisation, which are among the buffers, then count a batch once.

        Args:
            model: What is computed again.
        """
        buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
        with torch.random.fork_rng(devices=self._devices):
            torch.set_rng_state(self._cpu)
            for device, state in zip(self._devices, self._gpu, strict=True):
                torch.cuda.set_rng_state(state, device)
            yield
        with torch.no_grad():
            for buffer, before in buffers:
                buffer.copy_(before)
