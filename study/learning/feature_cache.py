"""The feature cache: outputs of a frozen prefix, computed once a node and shared by all trials that cut there."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.entry import open_entry
from study.learning.image_store import ImageStore
from study.parts.backbones import Backbone, weights_digest
from study.values.keys import content_digest

_GIB = 2**30
_BATCH_SIZE = 64


class FeatureCache:
    """Features of an image store under stages 0..depth-1 of a backbone: float32, one row an image."""

    def __init__(self, values: Tensor, *, hit: bool) -> None:
        self.values = values
        """Shape (N, ...): what stage `depth` takes, or the backbone's features where all stages are frozen."""
        self.hit = hit
        """Whether another trial had computed them."""

    @property
    def num_bytes(self) -> int:
        """Size of the entry."""
        return self.values.nbytes

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return the features of images `rows` on `device`; maps are channels last."""
        features = self.values[rows].to(device)
        return features.contiguous(memory_format=torch.channels_last) if features.ndim == 4 else features


def open_features(
    backbone: Backbone, depth: int, store: ImageStore, *, cache_dir: Path, limit_gib: float, device: torch.device
) -> FeatureCache | None:
    """Return the features of `store` after stages 0..depth-1, computing them where nobody has yet.

    They are exact: eval mode, float32, deterministic inputs; the entry's key holds the digest of the prefix's
    weights, of the pixels and of the normalisation.

    Args:
        backbone: On `device`, its first `depth` stages frozen.
        depth: Freezing depth, at least 1.
        store: The images.
        cache_dir: Folder on this node.
        limit_gib: Largest entry, in GiB.
        device: Where they are computed.

    Returns:
        None where the entry would be larger than `limit_gib`.
    """
    assert not any(stage.training for stage in backbone.stages[:depth]), "frozen stages run in eval mode"
    shape = (len(store), *_prefix(backbone, depth, store, torch.arange(1), device).shape[1:])
    if math.prod(shape) * 4 > limit_gib * _GIB:
        return None
    key = content_digest([weights_digest(backbone, depth), store.digest, store.preprocessing, depth, "float32"])

    def fill(array: NDArray[np.generic]) -> None:
        for rows in torch.split(torch.arange(len(store)), _BATCH_SIZE):
            array[rows.numpy()] = _prefix(backbone, depth, store, rows, device).cpu().numpy()

    values, hit = open_entry(cache_dir / "features" / f"{key}.npy", shape=shape, dtype=np.float32, fill=fill)
    return FeatureCache(values, hit=hit)


@torch.inference_mode()
def _prefix(backbone: Backbone, depth: int, store: ImageStore, rows: Tensor, device: torch.device) -> Tensor:
    return backbone.run(store.batch(rows, device), 0, depth)
