"""Images that a map-style data set of PyTorch hands out."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from study.parts.tasks.data import Images
from study.parts.tasks.pixels import to_pixels
from study.values.keys import content_digest
from study.values.problems import InputError

_NUM_SAMPLED = 16


class MapDataset(Protocol):
    """A data set read by position."""

    def __len__(self) -> int:
        """Return how many items there are."""
        ...

    def __getitem__(self, index: int) -> Any:
        """Return item `index`: an image and its label."""
        ...


class DatasetImages(Images):
    """The first element of each item."""

    def __init__(self, dataset: MapDataset, *, source: str, identity: object, in_any_thread: bool = False) -> None:
        """Wrap a data set; nothing is read yet.

        Args:
            dataset: Items (image, label), the image a PIL image or a uint8 array or tensor.
            source: Where it is from, for messages.
            identity: What, beside its length and a sample of its pixels, makes this data set this one.
            in_any_thread: Whether any thread may read it, which a person's own may not be ready for.
        """
        self.dataset = dataset
        self._source = source
        self._identity = identity
        self._in_any_thread = in_any_thread

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def in_any_thread(self) -> bool:
        """Whether that is known of the data set."""
        return self._in_any_thread

    def read(self, index: int) -> Tensor:
        """Return image `index` as uint8, shape (3, H, W).

        Raises:
            InputError: If the data set raises, or hands out something else.
        """
        try:
            return to_pixels(self.dataset[index][0])
        except Exception as error:  # a person's own code may raise anything
            raise InputError(f"cannot read {self.place(index)}: {error}") from error

    def place(self, index: int) -> str:
        """Return the position of image `index`."""
        return f"item {index} of {self._source}"

    @cached_property
    def digest(self) -> str:
        """Digest of identity, length and 16 evenly spaced images.

        A data set has no cheap identity of its own: reading it whole would cost as much as decoding it. One whose
        images change from read to read has another digest in every process, so that its decoded images are not shared.
        """
        sampled = np.unique(np.linspace(0, len(self) - 1, min(len(self), _NUM_SAMPLED)).astype(int)).tolist()
        images = [self.read(index) for index in sampled]
        pixels = [(list(image.shape), image.numpy().tobytes().hex()) for image in images]
        return content_digest(["dataset", self._identity, len(self), pixels])
