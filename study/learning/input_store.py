"""A store: some of a data set's inputs, prepared for a backbone and kept once a node."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from study.parts.preparation import Preparation


class InputStore(ABC):
    """Prepared inputs by row."""

    digest: str
    """Digest of the rows' content."""
    why_not_kept: str | None = None
    """Why the inputs are not kept on the node; None where they are."""
    how_else: str = "decoded every epoch"
    """What is done where they are not."""
    lengths: Tensor | None = None
    """Of each row, shape (N,), where inputs differ in length: batches of like lengths are then trained on."""
    longest: int = 0
    """A row as long as any."""

    @property
    @abstractmethod
    def preprocessing(self) -> Preparation:
        """Return what was done to them."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def use(self) -> None:
        """Note that a trial uses it."""

    @abstractmethod
    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return inputs `rows` on `device`, as stage 0 of the backbone takes them."""
