"""How many times faster caching alone can make the study over freezing depths.

With p_k the share of a forward pass that is spent in stages 0..k-1, and a backward pass taken to cost two forward ones,
a step costs 1 + 2 (1 - p_k) where the prefix is run and 3 (1 - p_k) where its outputs are read.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import torch

from adaptation import data, space
from study.parts.backbones import Backbone, build_backbone
from study.values.spec import BackboneSpec

_BATCH_SIZE = 32
_REPEATS = 15


def caching_bound(folder: Path) -> float:
    """Return the ratio of both costs over all depths, each equally often.

    Args:
        folder: Where the weights are.
    """
    shares = _prefix_shares(folder)
    return sum(3 - 2 * share for share in shares) / sum(3 * (1 - share) for share in shares)


@torch.inference_mode()
def _prefix_shares(folder: Path) -> list[float]:
    """Return p_k for every freezing depth, by the median time of each stage on one thread."""
    torch.set_num_threads(1)
    spec = BackboneSpec(source="resnet18", weights=data.WEIGHTS, image_size=data.IMAGE_SIZE)
    backbone = build_backbone(spec, root=folder).to(memory_format=torch.channels_last).eval()
    times = [_seconds(backbone) for _ in range(_REPEATS)]
    of_stage = [median(time[stage] for time in times) for stage in range(backbone.num_stages)]
    return [sum(of_stage[:depth]) / sum(of_stage) for depth in space.GRID["freezing_depth"]]


def _seconds(backbone: Backbone) -> list[float]:
    """Return what each stage takes."""
    size = (_BATCH_SIZE, 3, data.IMAGE_SIZE, data.IMAGE_SIZE)
    outputs, seconds = torch.randn(size).contiguous(memory_format=torch.channels_last), []
    for stage in range(backbone.num_stages):
        began = time.perf_counter()
        outputs = backbone.run(outputs, stage, stage + 1)
        seconds.append(time.perf_counter() - began)
    return seconds
