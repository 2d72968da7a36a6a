"""Inputs: anything that gives a batch of what the model takes, prepared data or cached features."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Inputs(ABC):
    """Rows that are read in two steps: what is kept of them is fetched, and a batch made of it on the device."""

    @property
    def on_host(self) -> bool:
        """Whether another thread may fetch ahead: what is fetched has yet to be sent to the device, which rows it is of
        is known beforehand, and no code is run for it that may be bound to the thread of training."""
        return True

    @abstractmethod
    def fetch(self, rows: Tensor) -> Tensor:
        """Return what is kept of `rows`, where it is kept: uint8 images, tokens, numbers, features.

        It draws no random numbers, so that another thread may call it ahead of time.
        """

    @abstractmethod
    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return the batch on `device` that is made of what `fetch` gave, wherever that is by now.

        Random numbers, if any, come from torch's global generator: called in the order of the steps.
        """

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return the inputs of `rows` on `device`."""
        return self.prepare(self.fetch(rows), device)
