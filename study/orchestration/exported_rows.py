"""Rows of numbers that an exported model is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from study.parts.columns import Columns
from study.values.problems import InputError


def to_rows(given: Any, columns: Columns) -> Tensor:
    """Return one row, shape (D,), or several, shape (N, D), as float32 of shape (N, D).

    Args:
        given: An array, a tensor or lists of numbers.
        columns: Says D.

    Raises:
        InputError: If there is no row, one is of another length, or a number is missing.
    """
    try:
        values = np.asarray(given.cpu() if isinstance(given, Tensor) else given, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"cannot predict these rows: {error}") from error
    rows = values[np.newaxis] if values.ndim == 1 else values
    if rows.ndim != 2 or rows.shape[1] != columns.width or not len(rows):
        raise InputError(f"rows of shape {values.shape}; give ({columns.width},) or (N, {columns.width}), N at least 1")
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        raise InputError(f"row {wrong[0]} has a number that is missing or infinite; the model takes none such")
    return torch.from_numpy(rows.copy())
