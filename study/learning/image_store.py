"""Decoded and resized images, kept once a node as one memory-mapped uint8 array."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as transforms

from study.learning.entry import open_entry
from study.parts.preprocessing import Preprocessing
from study.parts.tasks.data import Images
from study.values.keys import content_digest


class ImageStore:
    """Some of a data set's images, resized for a backbone: uint8, shape (N, 3, image_size, image_size)."""

    def __init__(
        self, images: Images, examples: NDArray[np.int64], preprocessing: Preprocessing, cache_dir: Path
    ) -> None:
        """Open the store, decoding what is not there yet.

        Args:
            images: The data set's images.
            examples: Positions in `images` of those wanted, in the order of the store's rows.
            preprocessing: Says the size and the interpolation.
            cache_dir: Folder on this node.

        Raises:
            InputError: If an image cannot be read (names it).
        """
        size = preprocessing.image_size
        self.preprocessing = preprocessing
        self.digest = content_digest([images.digest, examples.tolist(), size, preprocessing.interpolation, "images-1"])
        """Digest of the rows' pixels."""

        def fill(array: NDArray[np.generic]) -> None:
            for row, example in enumerate(examples.tolist()):
                array[row] = resize(images.read(example), preprocessing).numpy()

        self.pixels, _ = open_entry(
            cache_dir / "images" / f"{self.digest}.npy", shape=(len(examples), 3, size, size), dtype=np.uint8, fill=fill
        )

    def __len__(self) -> int:
        return len(self.pixels)

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return images `rows`, normalised, on `device`: float32, shape (len(rows), 3, size, size), channels last."""
        images = self.preprocessing.normalize(self.pixels[rows].to(device))
        return images.contiguous(memory_format=torch.channels_last)


def resize(image: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return one image as the backbone wants it, still uint8: (3, H, W) to (3, image_size, image_size)."""
    size = [preprocessing.image_size, preprocessing.image_size]
    if list(image.shape[-2:]) == size:
        return image
    mode = InterpolationMode(preprocessing.interpolation)
    resized: Tensor = transforms.resize(image, size, interpolation=mode, antialias=True)
    return resized
