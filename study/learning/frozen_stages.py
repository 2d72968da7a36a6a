"""Frozen stages over a set of images: the shape, size and entry of their outputs, and how to compute them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from study.learning.cache import CacheFolder, Entry, find_entry, open_entry
from study.learning.input_rows import InputRows
from study.parts.backbones import Backbone, prefix_digest
from study.values.keys import content_digest

_BATCH_SIZE = 64


class FrozenStages:
    """Stages 0..depth-1 of a backbone, run over an image store: one float32 row an image."""

    def __init__(
        self,
        backbone: Backbone,
        depth: int,
        store: InputRows,
        *,
        cache: CacheFolder,
        device: torch.device,
        digests: Sequence[str],
    ) -> None:
        """Name what is run over what.

        Args:
            backbone: On `device`, its first `depth` stages frozen.
            depth: At least 1.
            store: The images.
            cache: Where outputs are kept.
            device: Where they are computed.
            digests: Of the backbone's stages.
        """
        assert not any(stage.training for stage in backbone.stages[:depth]), "frozen stages run in eval mode"
        self.depth = depth
        self._backbone, self._store, self._cache, self._device = backbone, store, cache, device
        self._digests = digests
        self._shapes = self._find_shapes()

    @property
    def num_bytes(self) -> int:
        """Size of the outputs."""
        return math.prod(self._shapes[self.depth]) * 4

    def find(self) -> Entry | None:
        """Return the outputs where they are kept."""
        return self._find(self.depth)

    def compute(self) -> tuple[Entry, int]:
        """Return the outputs, computing and keeping them unless another process has, and the depth that was begun at.

        That is the deepest shallower cut whose outputs are kept; 0 where none is, which begins with the images.

        Raises:
            NoRoomError: If there is no room to keep them.
        """
        shallower = ((start, self._find(start)) for start in range(self.depth - 1, 0, -1))
        start, known = next(((start, entry) for start, entry in shallower if entry is not None), (0, None))
        entry = open_entry(
            self._cache,
            self._path(self.depth),
            shape=self._shapes[self.depth],
            dtype=np.float32,
            chunks=lambda: self._chunks(start, None if known is None else torch.from_numpy(known.values)),
        )
        return entry, start

    @torch.inference_mode()
    def _chunks(self, start: int, known: Tensor | None) -> Iterator[NDArray[Any]]:
        for rows in torch.split(torch.arange(len(self._store)), _BATCH_SIZE):
            inputs = self._store.batch(rows, self._device) if known is None else to_device(known[rows], self._device)
            yield _padded(self._backbone.run(inputs, start, self.depth).cpu(), self._shapes[self.depth]).numpy()

    @torch.inference_mode()
    def _find_shapes(self) -> list[tuple[int, ...]]:
        """Return the shape of all outputs after 0, 1, ... stages."""
        outputs = self._store.batch(torch.tensor([self._store.longest]), self._device)
        shapes = [tuple(outputs.shape[1:])]
        for stage in range(self.depth):
            outputs = self._backbone.run(outputs, stage, stage + 1)
            shapes.append(tuple(outputs.shape[1:]))
        return [(len(self._store), *shape) for shape in shapes]

    def _find(self, depth: int) -> Entry | None:
        return find_entry(self._path(depth), shape=self._shapes[depth], dtype=np.float32)

    def _path(self, depth: int) -> Path:
        weights = prefix_digest(self._digests[:depth])
        key = content_digest([weights, self._store.digest, self._store.preprocessing, depth, "float32", "features-2"])
        return self._cache.entry("features", key)


def _padded(outputs: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return outputs with zeros behind those of texts that are shorter than the longest: all rows have one shape."""
    if outputs.shape[1:] == shape[1:]:
        return outputs
    missing = [size - has for has, size in zip(outputs.shape[1:], shape[1:], strict=True)]
    return pad(outputs, [amount for size in reversed(missing) for amount in (0, size)])


def to_device(features: Tensor, device: torch.device) -> Tensor:
    """Return features on `device`; maps (N, C, H, W) are channels last."""
    if device.type == "cuda" and features.device.type == "cpu":
        features = features.pin_memory().to(device, non_blocking=True)
    else:
        features = features.to(device)
    return features.contiguous(memory_format=torch.channels_last) if features.ndim == 4 else features
