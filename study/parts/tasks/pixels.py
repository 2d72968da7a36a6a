"""Pixels: whatever form an image comes in, brought to uint8 of shape (3, H, W)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

_EIGHT_BIT_MODES = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}


def to_pixels(image: object) -> Tensor:
    """Return an image as uint8, shape (3, H, W); grey is repeated into 3 channels, transparency is dropped.

    Orientation notes of a camera (EXIF) are not applied, as torchvision's loaders do not apply them.

    Args:
        image: A PIL image of 8 or 16 bits a channel, or a uint8 array or tensor of shape (H, W), (H, W, 1 or 3) or
            (1 or 3, H, W).

    Raises:
        ValueError: If it is none of these.
    """
    if isinstance(image, Image.Image):
        return channels_first(_pil_array(image))
    if isinstance(image, Tensor):
        image = image.detach().cpu().numpy()
    if isinstance(image, np.ndarray):
        return channels_first(image)
    raise ValueError(f"an image is a PIL image or a uint8 array or tensor, not a {type(image).__name__}")


def channels_first(array: NDArray[np.generic]) -> Tensor:
    """Return one image's uint8 array as a tensor of its own, shape (3, H, W).

    Raises:
        ValueError: If it is not uint8, or not of shape (H, W), (H, W, 1 or 3) or (1 or 3, H, W).
    """
    if array.dtype != np.uint8:
        raise ValueError(
            f"pixels are {array.dtype}, not uint8; give them as 0..255, neither scaled nor normalised: "
            "the study resizes and normalises them for each backbone"
        )
    if array.ndim == 2:
        array = array[None]
    elif array.ndim == 3 and channel_axis(array.shape) == 2:
        array = array.transpose(2, 0, 1)
    elif array.ndim != 3:
        raise ValueError(f"an image has shape (H, W), (H, W, C) or (C, H, W), not {array.shape}")
    _, height, width = array.shape
    if height == 0 or width == 0:
        raise ValueError(f"an image has no pixels: shape {array.shape}")
    return torch.from_numpy(np.broadcast_to(array, (3, height, width)).copy())


def channel_axis(shape: tuple[int, ...]) -> int:
    """Return which axis of one image's shape holds the channels: 0 or 2.

    Raises:
        ValueError: If neither is 1 or 3 long, or both are: nothing tells them apart.
    """
    first, last = shape[0] in (1, 3), shape[2] in (1, 3)
    if first is last:
        fault = "both the first and the last axis could be" if first else "no axis is"
        raise ValueError(f"image of shape {shape}: {fault} its 1 or 3 channels, as (H, W, C) or (C, H, W)")
    return 0 if first else 2


def _pil_array(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits at 255; the upper byte keeps the picture.
        return (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
    if image.mode not in _EIGHT_BIT_MODES:
        raise ValueError(f"pixels of mode {image.mode!r}; save it with 8 or 16 bits a channel")
    return np.asarray(image.convert("RGB"))
