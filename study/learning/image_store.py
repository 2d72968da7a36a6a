"""Decoded and resized images, kept once a node as one memory-mapped uint8 array."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as transforms

from study.learning.cache import CacheFolder
from study.learning.input_store import InputStore
from study.parts.preprocessing import Preprocessing, scale
from study.parts.tasks.data import RawInputs
from study.values.keys import content_digest

_CHUNK = 64
"""Images decoded at a time."""


class ImageStore(InputStore):
    """Some of a data set's images, resized for a backbone: uint8, shape (N, 3, image_size, image_size)."""

    def __init__(
        self, images: RawInputs, examples: NDArray[np.int64], preprocessing: Preprocessing, cache: CacheFolder
    ) -> None:
        """Open the store, decoding what is not there yet.

        Args:
            images: The data set's images.
            examples: Positions in `images` of those wanted, in the order of the store's rows.
            preprocessing: Says the size and the interpolation.
            cache: Of this node. Where it has no room for the images, they are decoded each time they are wanted.

        Raises:
            InputError: If an image cannot be read (names it).
        """
        size = preprocessing.image_size
        self._preprocessing = preprocessing
        self.digest = content_digest([images.digest, examples.tolist(), size, preprocessing.interpolation, "images-1"])
        self._images, self._examples = images, examples
        self._pixels = self._keep(
            cache, "images", shape=(len(examples), 3, size, size), dtype=np.uint8, chunks=self._chunks
        )

    @property
    def preprocessing(self) -> Preprocessing:
        """Return the size, interpolation and normalisation."""
        return self._preprocessing

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def on_host(self) -> bool:
        """Whether they are decoded already, or may be in any thread."""
        return self._pixels is not None or self._images.in_any_thread

    def fetch(self, rows: Tensor) -> Tensor:
        """Return the pixels of images `rows`: uint8, shape (len(rows), 3, size, size)."""
        return self._decoded(rows) if self._pixels is None else self._pixels[rows]

    def prepare(
        self, fetched: Tensor, device: torch.device, *, change: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Return images, normalised, on `device`: float32, shape (N, 3, size, size), channels last.

        Args:
            fetched: Their pixels.
            device: Where.
            change: Done to them before they are normalised, while their values are in [0, 1].
        """
        images = scale(fetched.to(device))
        images = self.preprocessing.standardize(images if change is None else change(images))
        return images.contiguous(memory_format=torch.channels_last)

    def _decoded(self, rows: Tensor) -> Tensor:
        examples = self._examples[rows.numpy()].tolist()
        return torch.stack([resize(self._images.read(example), self.preprocessing) for example in examples])

    def _chunks(self) -> Iterator[NDArray[Any]]:
        for rows in torch.split(torch.arange(len(self)), _CHUNK):
            yield self._decoded(rows).numpy()


def resize(image: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return one image as the backbone wants it, still uint8: (3, H, W) to (3, image_size, image_size)."""
    size = [preprocessing.image_size, preprocessing.image_size]
    if list(image.shape[-2:]) == size:
        return image
    mode = InterpolationMode(preprocessing.interpolation)
    resized: Tensor = transforms.resize(image, size, interpolation=mode, antialias=True)
    return resized
