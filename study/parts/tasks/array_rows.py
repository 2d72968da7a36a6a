"""Rows of numbers kept together in one array."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.parts.tasks.data import Rows
from study.values.problems import InputError

_NUM_NAMED = 5


class ArrayRows(Rows):
    """Rows in memory, as float32."""

    def __init__(
        self,
        array: NDArray[np.generic],
        *,
        source: str,
        columns: Sequence[str] | None = None,
        place: Callable[[int], str] | None = None,
    ) -> None:
        """Take an array.

        Args:
            array: Of numbers, shape (N, D) with D at least 1.
            source: Where it is from, for messages.
            columns: Names of its D columns; their positions where not given.
            place: Says where the row at a position stands.

        Raises:
            InputError: If its type or shape is another, or a number is missing, infinite, or too large for float32
                (names the first 5).
        """
        if array.ndim != 2 or array.shape[1] == 0 or not _is_of_numbers(array):
            raise InputError(f"rows of {source} are {array.dtype} of shape {array.shape}; give numbers, shape (N, D)")
        with np.errstate(over="ignore"):
            self.array: NDArray[np.float32] = array.astype(np.float32)
        self.columns = tuple(columns) if columns is not None else tuple(str(number) for number in range(array.shape[1]))
        self._place = place or (lambda index: f"row {index} of {source}")
        wrong = np.argwhere(~np.isfinite(self.array)).tolist()
        if wrong:
            named = [f"{self._place(row)}, column {self.columns[column]!r}" for row, column in wrong[:_NUM_NAMED]]
            more = f"; and {len(wrong) - _NUM_NAMED} more" if len(wrong) > _NUM_NAMED else ""
            what = "values of it are missing, infinite or beyond 3.4e38 (float32)"
            raise InputError(f"{source}: {len(wrong)} {what}: {'; '.join(named)}{more}; fill them in or leave them out")

    def __len__(self) -> int:
        return len(self.array)

    def read(self, index: int) -> Tensor:
        """Return row `index`, float32 of shape (D,)."""
        return torch.from_numpy(self.array[index].copy())

    def place(self, index: int) -> str:
        """Return where row `index` stands."""
        return self._place(index)

    @cached_property
    def digest(self) -> str:
        """Digest of shape and numbers; names of columns have no part in what a model computes."""
        digest = hashlib.sha256(f"rows {self.array.shape}".encode())
        digest.update(np.ascontiguousarray(self.array).data)
        return digest.hexdigest()[:32]


def _is_of_numbers(array: NDArray[np.generic]) -> bool:
    return array.dtype.kind in "fiub"
