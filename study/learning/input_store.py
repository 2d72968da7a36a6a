"""A store: some of a data set's inputs, prepared for a backbone and kept once a node."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.cache import CacheFolder, Entry, NoRoomError, open_entry
from study.learning.inputs import Inputs
from study.parts.preparation import Preparation


class InputStore(Inputs):
    """Prepared inputs by row."""

    digest: str
    """Digest of the rows' content."""
    why_not_kept: str | None = None
    """Why the inputs are not kept on the node; None where they are."""
    how_else: str = "decoded every epoch"
    """What is done where they are not."""
    lengths: Tensor | None = None
    """Of each row, shape (N,), where inputs differ in length: batches of like lengths are then trained on."""
    longest: int = 0
    """A row as long as any."""
    _entry: Entry | None = None
    """Where they are kept."""

    @property
    @abstractmethod
    def preprocessing(self) -> Preparation:
        """Return what was done to them."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    def use(self) -> None:
        """Note that a trial uses it."""
        if self._entry is not None:
            self._entry.use()

    def _keep(
        self,
        cache: CacheFolder,
        kind: str,
        *,
        shape: tuple[int, ...],
        dtype: type[np.generic],
        chunks: Callable[[], Iterator[NDArray[Any]]],
    ) -> Tensor | None:
        """Return what is kept under the store's digest, mapped from the disk; None where there is no room to keep it.

        Args:
            cache: Of this node.
            kind: Folder in it.
            shape: Of all rows.
            dtype: What is kept.
            chunks: Prepares the rows, where no process has.
        """
        try:
            self._entry = open_entry(cache, cache.entry(kind, self.digest), shape=shape, dtype=dtype, chunks=chunks)
        except NoRoomError as error:
            self.why_not_kept = str(error)
            return None
        return torch.from_numpy(self._entry.values)
