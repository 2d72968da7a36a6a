"""Adapters: small layers behind the blocks of a backbone, which learn while the blocks stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from study.parts.backbones.adapter import Adapted, Adapter, hidden_states
from study.parts.backbones.backbone import Backbone
from study.parts.backbones.blocks import block_names
from study.parts.backbones.features_axis import features_axis

_ENTRY = re.compile(r"(?P<block>.+)\.adapters_behind\.(?P<number>\d{1,3})\.(?P<part>norm|down|up)\.(weight|bias)")


def add_adapters(backbone: Backbone, width: int) -> int:
    """Put an adapter behind every block of the unfrozen stages, and train nothing else of these stages.

    Blocks that give anything else than hidden states, or a tuple that begins with them, have none, and neither have
    those that a frozen stage has too.

    Args:
        backbone: Frozen to its depth; changed in place. Adapters that it has stay as they are, before the new ones.
        width: m of the bottleneck.

    Returns:
        How many learn.
    """
    names = [name for stage, name in _places(backbone) if stage >= backbone.freezing_depth]
    features = _features(backbone, names)
    backbone.requires_grad_(False)
    for name, (axis, num_features) in features.items():
        _append(backbone, name, Adapter(num_features, width), axis)
    return len(features)


def adapter_stages(backbone: Backbone) -> tuple[int, ...]:
    """Return the positions of the stages with blocks that adapters can stand behind: the first of those that share."""
    return tuple(sorted({stage for stage, _ in _places(backbone)}))


def restore_adapters(backbone: Backbone, state: Mapping[str, Tensor]) -> None:
    """Put adapters behind the blocks that have some in a state dict, so that its entries find their places.

    Args:
        backbone: Changed in place.
        state: Of a backbone. Entries that it has already, or of adapters of no block or no shape, are left alone.
    """
    names = {name for _, name in _places(backbone)}
    known = backbone.state_dict().keys()
    found: dict[tuple[str, int], Tensor] = {}
    for name, value in state.items():
        entry = None if name in known else _ENTRY.fullmatch(name)
        if entry is not None and entry["part"] == "down" and value.ndim == 2 and value.numel():
            found[entry["block"], int(entry["number"])] = value
    for (name, _), down in sorted(found.items(), key=lambda item: item[0]):
        if name in names:
            _append(backbone, name, Adapter(down.shape[1], down.shape[0]))


def is_adapter_input(name: str) -> bool:
    """Whether an entry of a state dict is of an adapter's way in, so that the change is in proportion to the rest."""
    entry = _ENTRY.fullmatch(name)
    return entry is not None and entry["part"] != "up"


def _places(backbone: Backbone) -> Iterator[tuple[int, str]]:
    """Yield the stage and the name of every place that a block has, once: the first of what stages share."""
    seen: set[tuple[int, str]] = set()
    for stage, name in block_names(backbone):
        holder, _, key = name.rpartition(".")
        place = id(backbone.get_submodule(holder)), key
        if place not in seen:
            seen.add(place)
            yield stage, name


def _append(backbone: Backbone, name: str, adapter: Adapter, axis: int | None = None) -> None:
    block = backbone.get_submodule(name)
    if not isinstance(block, Adapted):
        holder, _, key = name.rpartition(".")
        block = Adapted(block, axis)
        setattr(backbone.get_submodule(holder), key, block)
    block.adapters_behind.append(adapter.to(next(block.parameters()).device))
    block.train(block.block.training)


@torch.no_grad()
def _features(backbone: Backbone, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return the axis and the width of the features of the hidden states that blocks give, of those that give some.

    A blank input shows them.
    """
    found: dict[str, tuple[int, int]] = {}

    def note(name: str, block: nn.Module, inputs: Any, outputs: Any) -> None:
        hidden = hidden_states(outputs)
        if hidden is not None:
            known = block.axis if isinstance(block, Adapted) else None
            axis = features_axis(hidden, block) if known is None else known
            found[name] = axis, hidden.shape[axis]

    hooks = [backbone.get_submodule(name).register_forward_hook(partial(note, name)) for name in names]
    device = next((one.device for one in backbone.parameters()), torch.device("cpu"))
    was_training = backbone.training
    backbone.eval()
    try:
        backbone(backbone.preprocessing.blank(1).to(device))
    finally:
        backbone.train(was_training)
        for hook in hooks:
            hook.remove()
    return {name: found[name] for name in names if name in found}
