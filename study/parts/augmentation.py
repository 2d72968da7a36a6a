"""Random augmentation of images, a whole batch at once on its device, each image with random numbers of its own."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from study.values.hyperparameters import Augmentation

AREA = (0.08, 1.0)
"""Share of an image's area that a random crop keeps (Szegedy et al., 2015, Going deeper with convolutions,
section 6)."""
RATIO = (3 / 4, 4 / 3)
"""Width over height of a crop, of a square image; drawn uniformly on a logarithmic scale (the same section)."""
JITTER = (0.6, 1.4)
"""What brightness, contrast and saturation are multiplied by (the strength 0.4 that is usual for ImageNet)."""
NUM_RANDOM = 8
"""Uniform random numbers that an image takes."""
_GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the brightness of a colour (ITU-R BT.601)."""


def draw(num_images: int, generator: torch.Generator | None = None) -> Tensor:
    """Return the random numbers for as many images: shape (num_images, NUM_RANDOM), uniform on [0, 1), on the CPU.

    Args:
        num_images: How many.
        generator: Where they come from; torch's global one where not given.
    """
    return torch.rand(num_images, NUM_RANDOM, generator=generator)


def augment(images: Tensor, augmentation: Augmentation, random: Tensor) -> Tensor:
    """Return images changed at random.

    Args:
        images: Float, shape (N, 3, H, W), values in [0, 1].
        augmentation: How.
        random: From `draw`, a row an image.
    """
    flip, area, ratio, left, top, brightness, contrast, saturation = random.to(images.device).T
    if augmentation is Augmentation.NONE:
        return images
    if augmentation is Augmentation.FLIP:
        return torch.where((flip < 0.5).view(-1, 1, 1, 1), images.flip(-1), images)
    height, width = crop_size(area, ratio)
    cropped = crop(images, left * (1 - width), top * (1 - height), width, height, flipped=flip < 0.5)
    if augmentation is Augmentation.CROP:
        return cropped
    factors = [JITTER[0] + (JITTER[1] - JITTER[0]) * number for number in (brightness, contrast, saturation)]
    return jitter(cropped, *factors)


def crop_size(area: Tensor, ratio: Tensor) -> tuple[Tensor, Tensor]:
    """Return height and width of crops, as shares of the image's, at most 1.

    Args:
        area: Uniform random numbers, one an image.
        ratio: Others.
    """
    share = AREA[0] + (AREA[1] - AREA[0]) * area
    low, high = math.log(RATIO[0]), math.log(RATIO[1])
    aspect = torch.exp(low + (high - low) * ratio)
    return (share / aspect).sqrt().clamp(max=1), (share * aspect).sqrt().clamp(max=1)


def crop(images: Tensor, left: Tensor, top: Tensor, width: Tensor, height: Tensor, *, flipped: Tensor) -> Tensor:
    """Return a part of each image, scaled up to the whole (bilinear), mirrored left to right where `flipped`.

    Args:
        images: Shape (N, C, H, W).
        left: Left edge of each part, as a share of the image's width.
        top: Upper edge, of its height.
        width: Of each part, as a share.
        height: Likewise.
        flipped: Booleans, one an image.
    """
    zero = torch.zeros_like(left)
    # From [-1, 1] over the result to [-1, 1] over the image.
    theta = torch.stack(
        [
            torch.stack([torch.where(flipped, -width, width), zero, 2 * left + width - 1], dim=-1),
            torch.stack([zero, height, 2 * top + height - 1], dim=-1),
        ],
        dim=-2,
    )
    grid = functional.affine_grid(theta.to(images.dtype), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def jitter(images: Tensor, brightness: Tensor, contrast: Tensor, saturation: Tensor) -> Tensor:
    """Return images with brightness, then contrast, then saturation multiplied by factors, one an image; clipped."""
    bright = (images * _per_image(brightness)).clamp(0, 1)
    mean = _grey(bright).mean(dim=(-3, -2, -1), keepdim=True)
    contrasted = torch.lerp(mean.expand_as(bright), bright, _per_image(contrast)).clamp(0, 1)
    return torch.lerp(_grey(contrasted).expand_as(contrasted), contrasted, _per_image(saturation)).clamp(0, 1)


def _per_image(factors: Tensor) -> Tensor:
    return factors.view(-1, 1, 1, 1)


def _grey(images: Tensor) -> Tensor:
    weights = torch.tensor(_GREY, device=images.device, dtype=images.dtype).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)
