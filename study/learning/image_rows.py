"""What features are computed of: images by row, as a backbone takes them."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from study.parts.preprocessing import Preprocessing


class ImageRows(Protocol):
    """Normalised images, the same ones every time."""

    digest: str
    """Of the rows' pixels."""
    preprocessing: Preprocessing

    def __len__(self) -> int:
        """Return the number of images."""
        ...

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return images `rows` on `device`: float32, shape (len(rows), 3, size, size), channels last."""
        ...
