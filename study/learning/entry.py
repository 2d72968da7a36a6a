"""A cache entry on disk: one array a file, computed once a node however many ask, never half written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor

Fill = Callable[[NDArray[np.generic]], None]
"""Writes an entry's content into the array it is given."""


def open_entry(path: Path, *, shape: tuple[int, ...], dtype: type[np.generic], fill: Fill) -> tuple[Tensor, bool]:
    """Return the array kept at `path`, memory-mapped, and whether it was there already.

    The first process to ask fills it, behind a lock; the file appears under its name only when it is whole.

    Args:
        path: File of the entry, ending in .npy.
        shape: Its shape.
        dtype: Its numpy type.
        fill: Called with the array to fill, at most once over all processes of the node.
    """
    hit = path.exists()
    if not hit:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            hit = path.exists()
            if not hit:
                _write(path, shape, dtype, fill)
    # Copy-on-write: torch wants a writable array, and nothing written to it may reach the file.
    array = np.load(path, mmap_mode="c", allow_pickle=False)
    assert array.shape == shape, f"{path} holds {array.shape}, not {shape}: its key does not tell them apart"
    return torch.from_numpy(array), hit


def _write(path: Path, shape: tuple[int, ...], dtype: type[np.generic], fill: Fill) -> None:
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        array = open_memmap(partial, mode="w+", dtype=dtype, shape=shape)
        fill(array)
        array.flush()
        del array
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
