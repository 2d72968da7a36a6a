"""The feature cache: outputs of a frozen prefix, computed once a node and shared by all trials that cut there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from study.learning.cache import CacheFolder, Entry, NoRoomError
from study.learning.feature_costs import FeatureCosts, measure_costs
from study.learning.frozen_stages import FrozenStages, to_device
from study.learning.input_rows import InputRows
from study.learning.inputs import Inputs
from study.parts.backbones import Backbone, stage_digests

_GIB = 2**30
_SMALL_BYTES = 64 * 2**20
"""Features so small are kept without measuring: whatever reading them costs, it is little."""
_DEVICE_SHARE = 0.25
"""Share of a GPU's free memory that features may take: the rest is for what is trained."""

Costs = Callable[[int], FeatureCosts]
"""Measures the costs, given the size of the entry in bytes."""


class FeatureCache(Inputs):
    """Features of an image store under stages 0..depth-1 of a backbone: float32, one row an image."""

    def __init__(self, values: Tensor, *, hit: bool, entry: Entry | None = None) -> None:
        self.values = values
        """Shape (N, ...): what stage `depth` takes, or the backbone's features where all stages are frozen."""
        self.hit = hit
        """Whether another trial had computed them."""
        self._entry = entry

    @property
    def num_bytes(self) -> int:
        """Size of the entry."""
        return self.values.nbytes

    def used_again(self) -> FeatureCache:
        """Return the same features for a later trial, to which they are a hit, and note that they are in use."""
        if self._entry is not None:
            self._entry.use()
        return FeatureCache(self.values, hit=True, entry=self._entry)

    def on(self, device: torch.device, *, free_bytes: int | None = None) -> FeatureCache:
        """Return the features held by a GPU, where they fit into a quarter of its free memory; themselves otherwise.

        On a CPU they stay memory-mapped: pages that all trials of the node share, as fast as memory of one's own.

        Args:
            device: Where batches are wanted.
            free_bytes: Free memory of `device`; measured where not given.
        """
        if device.type == "cpu" or not fits_on(device, self.num_bytes, free_bytes=free_bytes):
            return self
        return FeatureCache(self.values.to(device), hit=self.hit, entry=self._entry)

    @property
    def on_host(self) -> bool:
        """Whether they are not held by a GPU."""
        return self.values.device.type == "cpu"

    def fetch(self, rows: Tensor) -> Tensor:
        """Return the features of images `rows`, where they are held."""
        return self.values[rows.to(self.values.device)]

    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return features on `device`; maps are channels last."""
        return to_device(fetched, device)


def fits_on(device: torch.device, num_bytes: int, *, free_bytes: int | None = None) -> bool:
    """Whether a GPU has room for features beside what is trained."""
    if free_bytes is None:
        free_bytes = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0
    return num_bytes <= _DEVICE_SHARE * free_bytes


def open_features(
    backbone: Backbone,
    depth: int,
    store: InputRows,
    *,
    cache: CacheFolder,
    limit_gib: float,
    device: torch.device,
    digests: Sequence[str] | None = None,
    costs: Costs | None = None,
    notes: dict[str, str] | None = None,
) -> FeatureCache | None:
    """Return the features of `store` after stages 0..depth-1, computing them where nobody has yet.

    They are exact: eval mode, float32, deterministic inputs; the entry's key holds the digest of the prefix's
    weights, of the pixels and of the normalisation. Where features of a shallower cut are there, the stages behind
    that cut are all that is computed.

    Args:
        backbone: On `device`, its first `depth` stages frozen.
        depth: Freezing depth, at least 1.
        store: The images.
        cache: Of this node.
        limit_gib: Largest entry, in GiB.
        device: Where they are computed.
        digests: Of the backbone's stages; worked out where not given.
        costs: Of reading and computing them; measured where not given. Asked where the entry is large and not there.
        notes: `features` in it is set to how they were come by, or why they are not kept.

    Returns:
        None where they are not kept: too large, no room, or dearer to read than to compute.
    """
    stages = FrozenStages(
        backbone, depth, store, cache=cache, device=device, digests=digests or stage_digests(backbone)
    )
    notes = {} if notes is None else notes
    if stages.num_bytes > limit_gib * _GIB:
        notes["features"] = f"computed every epoch: larger than feature_cache_gib = {limit_gib}"
        return None
    entry, start = stages.find(), 0
    if entry is None:
        measured = _large_costs(stages, device, costs or partial(_measure, backbone, depth, store, cache, device))
        if measured is not None and not measured.worth_keeping:
            notes["features"] = f"computed every epoch: dearer to read than to compute ({measured})"
            return None
        try:
            entry, start = stages.compute()
        except NoRoomError as error:
            notes["features"] = f"computed every epoch: {error}"
            return None
    computed = f"computed once and cached{f', from those at depth {start}' if start else ''}"
    notes["features"] = "read from the cache" if entry.hit else computed
    return FeatureCache(torch.from_numpy(entry.values), hit=entry.hit, entry=entry)


def _large_costs(stages: FrozenStages, device: torch.device, costs: Costs) -> FeatureCosts | None:
    """Return the costs of features large enough for them to matter; None for others."""
    if stages.num_bytes <= _SMALL_BYTES or fits_on(device, stages.num_bytes):
        return None
    return costs(stages.num_bytes)


def _measure(
    backbone: Backbone, depth: int, store: InputRows, cache: CacheFolder, device: torch.device, entry_bytes: int
) -> FeatureCosts:
    return measure_costs(backbone, depth, store, entry_bytes=entry_bytes, cache=cache, device=device)
