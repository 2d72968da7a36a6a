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
    """Why the inputs are prepared each time; None where they are kept."""

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
