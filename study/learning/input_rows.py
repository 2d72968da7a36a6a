"""What features are computed of: inputs by row, as a backbone takes them."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from study.parts.preparation import Preparation


class InputRows(Protocol):
    """Prepared inputs, the same ones every time."""

    digest: str
    """Of the rows' content."""
    longest: int
    """A row as long as any, where inputs differ in length."""

    @property
    def preprocessing(self) -> Preparation:
        """Return what was done to them."""
        ...

    def __len__(self) -> int:
        """Return the number of inputs."""
        ...

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return inputs `rows` on `device`, as stage 0 takes them; images (len(rows), 3, size, size), channels last."""
        ...
