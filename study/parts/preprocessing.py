"""What is done to an image before it enters a backbone."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from study.parts.preparation import Preparation
from study.values.input_kind import InputKind
from study.values.spec.backbone import MAX_IMAGE_SIZE


class Preprocessing(Preparation):
    """Resizing, then scaling to [0, 1], then normalising a channel at a time."""

    kind: ClassVar[InputKind] = InputKind.IMAGE
    image_size: int = Field(ge=1, le=MAX_IMAGE_SIZE)
    """Height and width in pixels."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted, by channel, after scaling to [0, 1]."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Divided by, by channel."""
    interpolation: Literal["bilinear", "bicubic", "nearest"] = "bilinear"
    """How pixels are resampled, antialiased."""

    def blank(self, num: int) -> Tensor:
        """Return zeros, shape (num, 3, image_size, image_size)."""
        return torch.zeros(num, 3, self.image_size, self.image_size)

    def normalize(self, images: Tensor) -> Tensor:
        """Return float32 images ready for the backbone.

        Args:
            images: uint8, shape (N, 3, image_size, image_size).
        """
        return self.standardize(scale(images))

    def standardize(self, images: Tensor) -> Tensor:
        """Normalise images, in place, and return them.

        Args:
            images: float32, shape (N, 3, image_size, image_size), in [0, 1].
        """
        mean = torch.tensor(self.mean, device=images.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=images.device).view(1, 3, 1, 1)
        return images.sub_(mean).div_(std)


def scale(pixels: Tensor) -> Tensor:
    """Return uint8 pixels as float32 in [0, 1]."""
    return pixels.to(torch.float32).div_(255)
