"""A cut: where a model is divided into stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from torch import nn


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A model's stages, which share its parameters; together they give what enters its final classifier layer."""

    stages: Mapping[str, nn.Module]
    """By name, input first."""
    feature_width: int
    classifier: str
    """Prefix of the names of the model's entries that are in no stage."""


def pooled(*modules: nn.Module) -> nn.Sequential:
    """Return modules followed by global average pooling: maps (N, C, H, W) become features (N, C)."""
    return nn.Sequential(*modules, nn.AdaptiveAvgPool2d(1), nn.Flatten(1))


def by_out_channels(blocks: Iterable[nn.Module], attribute: str = "out_channels") -> list[list[nn.Module]]:
    """Return blocks in groups, a group a run of neighbours with the same number of output channels.

    Args:
        blocks: In order.
        attribute: Where a block holds that number.
    """
    return [list(group) for _, group in groupby(blocks, key=lambda block: getattr(block, attribute))]
