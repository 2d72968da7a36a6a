"""The most memory that a trial has had."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

import torch

_MIB = 2**20
_RESET, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_RESET_PEAK = "5"
"""What the kernel sets the peak of resident memory back for (Linux, Documentation/filesystems/proc.rst)."""


class PeakMemory:
    """Watches memory from when it is made: torch's on a GPU, the process's on a CPU.

    Where the kernel does not set a process's peak back (not Linux, or forbidden), it is that since the process began.
    """

    def __init__(self, device: torch.device) -> None:
        """Begin.

        Args:
            device: Where the trial trains.
        """
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            _reset_peak()

    def peak_mib(self) -> float:
        """Return the most so far, in MiB."""
        if self._device.type == "cuda":
            return float(torch.cuda.max_memory_allocated(self._device)) / _MIB
        return _resident_peak() / _MIB


def _reset_peak() -> None:
    try:
        _RESET.write_text(_RESET_PEAK)
    except OSError:
        return


def _resident_peak() -> float:
    """Return the process's peak of resident memory in bytes."""
    try:
        found = re.search(r"^VmHWM:\s*(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    except OSError:
        found = None
    if found is not None:
        return float(found[1]) * 1024
    # Bytes on macOS, KiB elsewhere.
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
