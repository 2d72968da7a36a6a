"""The CPU threads a trial computes with."""

from __future__ import annotations

import contextlib

import torch


def use_threads(num_threads: int) -> None:
    """Let torch compute with `num_threads` threads in this process, within an operation and between operations."""
    torch.set_num_threads(num_threads)
    if torch.get_num_interop_threads() > num_threads:
        # Can be set only before the first use, which in a person's own process may be past.
        with contextlib.suppress(RuntimeError):
            torch.set_num_interop_threads(num_threads)
