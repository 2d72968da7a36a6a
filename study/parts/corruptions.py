"""Corruptions of images, at five severities: what photographs suffer, for measuring how a model bears it.

A subset of the kinds of Hendrycks & Dietterich (2019, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations) that can be made of images of any size on any device; the severities are this module's own, so scores are
comparable with each other and not with published ones.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from torchvision.transforms.v2 import functional as transforms

SEVERITIES = (1, 2, 3, 4, 5)

_NOISE = (0.04, 0.08, 0.12, 0.18, 0.26)
"""Standard deviation, of values in [0, 1]."""
_BLUR = (0.01, 0.015, 0.02, 0.03, 0.045)
"""Standard deviation, as a share of the image's width."""
_PIXELS = (1 / 2, 1 / 3, 1 / 4, 1 / 6, 1 / 8)
"""Width that is left, as a share."""
_BRIGHTNESS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Added to every value."""
_CONTRAST = (0.4, 0.3, 0.2, 0.1, 0.05)
"""What contrast is multiplied by."""
_SATURATION = (0.7, 0.5, 0.3, 0.15, 0.0)
"""What saturation is multiplied by."""
_DEGREES = (3.0, 6.0, 10.0, 15.0, 20.0)
"""By which the image is turned, about its middle."""
_BITS = (5, 4, 3, 2, 1)
"""Per channel that are left."""


def gaussian_noise(images: Tensor, severity: int) -> Tensor:
    """Add noise, drawn from torch's global generator."""
    return (images + _NOISE[severity - 1] * torch.randn(images.shape).to(images.device)).clamp(0, 1)


def gaussian_blur(images: Tensor, severity: int) -> Tensor:
    """Blur."""
    sigma = max(0.3, _BLUR[severity - 1] * images.shape[-1])
    size = 2 * int(3 * sigma + 0.5) + 1
    size = min(size, images.shape[-1] - (images.shape[-1] + 1) % 2, images.shape[-2] - (images.shape[-2] + 1) % 2)
    return transforms.gaussian_blur(images, [size, size], [sigma, sigma])  # type: ignore[no-any-return]


def pixelate(images: Tensor, severity: int) -> Tensor:
    """Make pixels larger."""
    height, width = images.shape[-2:]
    share = _PIXELS[severity - 1]
    small = interpolate(images, size=(max(1, round(height * share)), max(1, round(width * share))), mode="area")
    return interpolate(small, size=(height, width), mode="nearest")


def brightness(images: Tensor, severity: int) -> Tensor:
    """Brighten."""
    return (images + _BRIGHTNESS[severity - 1]).clamp(0, 1)


def contrast(images: Tensor, severity: int) -> Tensor:
    """Take contrast away."""
    return transforms.adjust_contrast(images, _CONTRAST[severity - 1])  # type: ignore[no-any-return]


def saturation(images: Tensor, severity: int) -> Tensor:
    """Take colour away."""
    return transforms.adjust_saturation(images, _SATURATION[severity - 1])  # type: ignore[no-any-return]


def rotation(images: Tensor, severity: int) -> Tensor:
    """Turn; what comes in from outside is black."""
    mode = transforms.InterpolationMode.BILINEAR
    return transforms.rotate(images, _DEGREES[severity - 1], interpolation=mode)  # type: ignore[no-any-return]


def posterize(images: Tensor, severity: int) -> Tensor:
    """Leave few values a channel."""
    levels = 2 ** _BITS[severity - 1] - 1
    left: Tensor = (images * levels).round() / levels
    return left


Corruption = Callable[[Tensor, int], Tensor]
"""Of images, float in [0, 1], shape (N, 3, H, W), and a severity of 1 to 5."""

CORRUPTIONS: dict[str, Corruption] = {
    corruption.__name__: corruption
    for corruption in (
        gaussian_noise,
        gaussian_blur,
        pixelate,
        brightness,
        contrast,
        saturation,
        rotation,
        posterize,
    )
}
"""By name."""
