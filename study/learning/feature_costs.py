"""Whether features are worth keeping: what reading them costs against what computing them costs."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from study.learning.cache import CacheFolder
from study.learning.cache.read_speed import read_speed
from study.learning.input_rows import InputRows
from study.parts.backbones import Backbone

_BATCH_SIZE = 64
_REPEATS = 2
_MICRO = 1e6


@dataclass(frozen=True, kw_only=True)
class FeatureCosts:
    """Seconds that one example costs an epoch."""

    read_s: float
    """To read its features from the cache."""
    compute_s: float
    """To run its image through the frozen stages."""

    @property
    def worth_keeping(self) -> bool:
        """Whether reading is the cheaper of the two."""
        return self.read_s < self.compute_s

    def __str__(self) -> str:
        return f"reading {self.read_s * _MICRO:.3g} us an example, computing {self.compute_s * _MICRO:.3g} us"


def measure_costs(
    backbone: Backbone, depth: int, store: InputRows, *, entry_bytes: int, cache: CacheFolder, device: torch.device
) -> FeatureCosts:
    """Measure, on a few batches.

    Args:
        backbone: On `device`, its first `depth` stages frozen.
        depth: Freezing depth.
        store: The images.
        entry_bytes: Size of their features.
        cache: Where these would be read from.
        device: Where they would be read to, or computed.
    """
    cache.path.mkdir(parents=True, exist_ok=True)
    speed = read_speed(cache.path.resolve(), device).of(entry_bytes)
    compute_s = _prefix_seconds(backbone, depth, store, device)
    return FeatureCosts(read_s=entry_bytes / len(store) / speed, compute_s=compute_s)


@torch.inference_mode()
def _prefix_seconds(backbone: Backbone, depth: int, store: InputRows, device: torch.device) -> float:
    rows = torch.arange(min(_BATCH_SIZE, len(store)))

    def run() -> float:
        began = time.perf_counter()
        backbone.run(store.batch(rows, device), 0, depth)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - began

    run()  # the first is slow: kernels are chosen, memory is asked for
    # The best of several: what else the machine does only ever slows one down.
    return min(run() for _ in range(_REPEATS)) / len(rows)
