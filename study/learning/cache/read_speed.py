"""How fast the cache folder is read, measured once a process."""

from __future__ import annotations

import math
import os
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import psutil
import torch
from torch import Tensor

_ROW_BYTES = 64 * 1024
"""About a feature map's size."""
_NUM_ROWS = 256
_NUM_BYTES = _NUM_ROWS * _ROW_BYTES
_BATCH_SIZE = 64
_MEMORY_SHARE = 0.5
"""Share of the free memory that an entry may take for the system to keep it there between epochs."""


@dataclass(frozen=True, kw_only=True)
class ReadSpeed:
    """Bytes a second, in random order, a batch at a time, up to the device."""

    from_disk: float
    from_memory: float
    """Of what the system still holds in its page cache."""

    def of(self, num_bytes: int) -> float:
        """Return the speed at which an entry of that size is read epoch after epoch."""
        stays_in_memory = num_bytes <= _MEMORY_SHARE * psutil.virtual_memory().available
        return self.from_memory if stays_in_memory else self.from_disk


@cache
def read_speed(folder: Path, device: torch.device) -> ReadSpeed:
    """Measure, on a file of 16 MiB that is in the folder for as long.

    Args:
        folder: On the disk in question, there already.
        device: Where batches go.

    Returns:
        Infinite speeds where no file can be written there: writing the entry will say why.
    """
    try:
        return _measure(folder, device)
    except OSError:
        return ReadSpeed(from_disk=math.inf, from_memory=math.inf)


def _measure(folder: Path, device: torch.device) -> ReadSpeed:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(os.urandom(_ROW_BYTES) * _NUM_ROWS)
        file.flush()
        os.fsync(file.fileno())
        _leave_memory(file.fileno())
        order = torch.randperm(_NUM_ROWS, generator=torch.Generator().manual_seed(0))
        began = time.perf_counter()
        for row in order.tolist():
            os.pread(file.fileno(), _ROW_BYTES, row * _ROW_BYTES)
        from_disk = _NUM_BYTES / (time.perf_counter() - began)
        array = torch.from_numpy(np.memmap(file, dtype=np.float32, mode="c", shape=(_NUM_ROWS, _ROW_BYTES // 4)))
        # The best of several: what else the machine does only ever slows one down.
        from_memory = max(_gather_speed(array, order, device) for _ in range(4))
    return ReadSpeed(from_disk=min(from_disk, from_memory), from_memory=from_memory)


def _gather_speed(array: Tensor, order: Tensor, device: torch.device) -> float:
    began = time.perf_counter()
    for rows in torch.split(order, _BATCH_SIZE):
        array[rows].to(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return _NUM_BYTES / (time.perf_counter() - began)


def _leave_memory(file: int) -> None:
    """Ask the system to forget what it holds of a file, so that the disk itself is read next."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
