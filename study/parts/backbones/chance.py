"""Where the random numbers come from while a backbone is built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_SEED = 0


@contextmanager
def fixed_chance() -> Iterator[None]:
    """Draw the same numbers each time, and leave torch's global generator as it was.

    What pretrained weights leave to chance, a layer that they do not cover, is the same in every process: features
    of frozen stages are shared between trials, and frozen stages are in no checkpoint.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        yield
