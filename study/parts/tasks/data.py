"""A data set as the system reads it: images by position, labels by target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

MISSING = -1
"""Label of an example that has none for a target; such an example takes no part in that target's loss or metrics."""


class Images(ABC):
    """Random access to a data set's raw images, read where the trial runs."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many there are."""

    @abstractmethod
    def read(self, index: int) -> Tensor:
        """Return image `index` as uint8, shape (3, H, W); grey ones are repeated into 3 channels.

        Raises:
            InputError: If it cannot be read (names its place).
        """

    @abstractmethod
    def place(self, index: int) -> str:
        """Return where image `index` is from, for messages: its path, or its position."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """Digest of what the images are made of; equal digests mean equal pixels."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What one target says of each example."""

    values: NDArray[np.int64]
    """Class of each example, shape (N,): a position in `classes`, or MISSING."""
    classes: tuple[str, ...]
    """Names of the classes."""


@dataclass(frozen=True, kw_only=True)
class LabelledImages:
    """A data set: images, one or several targets' labels, and its own split where it has one."""

    images: Images
    labels: Mapping[str, Labels]
    """By target name."""
    split: NDArray[np.str_] | None = None
    """The data set's own split of each example, `train`, `validation` or `test`, shape (N,); None where it has none."""
    licence: str | None = None
    """Terms of the data, where they are known."""
