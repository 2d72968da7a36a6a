"""Rows of numbers, held in memory: they are small, and need no preparation that would be worth keeping."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.input_store import InputStore
from study.parts.columns import Columns
from study.parts.tasks.data import RawInputs
from study.values.keys import content_digest
from study.values.problems import InputError


class TableStore(InputStore):
    """Some of a data set's rows: float32, shape (N, D)."""

    def __init__(self, rows: RawInputs, examples: NDArray[np.int64], preprocessing: Columns) -> None:
        """Read them.

        Args:
            rows: The data set's.
            examples: Positions in `rows` of those wanted, in the order of the store's rows.
            preprocessing: Says D.

        Raises:
            InputError: If a row is of another length (names it).
        """
        self._preprocessing = preprocessing
        self.digest = content_digest([rows.digest, examples.tolist(), preprocessing.width, "rows-1"])
        values = [rows.read(example) for example in examples.tolist()]
        for example, value in zip(examples.tolist(), values, strict=True):
            if value.shape != (preprocessing.width,):
                raise InputError(
                    f"{rows.place(example)} has {len(value)} numbers, but the backbone takes {preprocessing.width}"
                )
        self._values = torch.stack(values)

    @property
    def preprocessing(self) -> Columns:
        """Return the length of a row."""
        return self._preprocessing

    def __len__(self) -> int:
        return len(self._values)

    def fetch(self, rows: Tensor) -> Tensor:
        """Return rows `rows`: float32, shape (len(rows), D)."""
        return self._values[rows]

    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return the same on `device`."""
        return fetched.to(device)
