"""Images kept together in one array."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from study.parts.tasks.data import Images
from study.parts.tasks.pixels import channel_axis, channels_first
from study.values.problems import InputError


class ArrayImages(Images):
    """Equally large images in memory."""

    def __init__(self, array: NDArray[np.generic], *, source: str) -> None:
        """Take an array as it is, without a copy.

        Args:
            array: uint8, shape (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1 or 3.
            source: Where it is from, for messages.

        Raises:
            InputError: If its type or shape is another.
        """
        if array.dtype != np.uint8:
            raise InputError(f"images of {source} are {array.dtype}; give uint8, 0..255, not normalised")
        if array.ndim not in (3, 4):
            raise InputError(
                f"images of {source} have shape {array.shape}; give (N, H, W), (N, H, W, C) or (N, C, H, W)"
            )
        if array.ndim == 4:
            try:
                channel_axis(array.shape[1:])
            except ValueError as error:
                raise InputError(f"images of {source}: {error}") from error
        self.array = array
        self._source = source

    def __len__(self) -> int:
        return len(self.array)

    @property
    def in_any_thread(self) -> bool:
        """Yes: they are in memory."""
        return True

    def read(self, index: int) -> Tensor:
        """Return image `index` as uint8, shape (3, H, W)."""
        return channels_first(self.array[index])

    def place(self, index: int) -> str:
        """Return the position of image `index`."""
        return f"image {index} of {self._source}"

    @cached_property
    def digest(self) -> str:
        """Digest of shape and pixels."""
        digest = hashlib.sha256(f"array {self.array.shape}".encode())
        for image in self.array:  # one at a time: an array mapped from disk never comes into memory whole
            digest.update(np.ascontiguousarray(image).data)
        return digest.hexdigest()[:32]
