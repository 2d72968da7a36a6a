"""Low-rank adaptation: the weights of layers learn a change of low rank, and stay as they are beside it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from study.parts.backbones.backbone import Backbone
from study.values.fine_tuning_methods import LoraLayers

_ATTENTION = ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")
_ENTRY = re.compile(r"(?P<module>.*)parametrizations\.(?P<weight>\w+)\.0\.(?P<part>down|up|scale)")


class LowRankChange(nn.Module):
    """W = W_0 + (alpha / r) B A in place of a weight W_0 (Hu et al., 2022, LoRA, section 4.1, equation 3).

    The kernels of a convolution are one matrix, a row an output: A is then a convolution to r maps with kernels of the
    same size, B one of 1 x 1 behind it, as in the library peft. (The authors' own code for convolutions is of rank r
    times the kernels' side.)
    """

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        """Begin with no change: B is 0, A drawn from torch's global generator as the authors' code draws it.

        Args:
            weight: W_0, shape (d, k); of a convolution (d, channels, height, width), k the product of the last three.
            rank: r.
            alpha: What the change is scaled by, together with 1 / r.
        """
        super().__init__()
        down = torch.empty(rank, weight[0].numel())
        nn.init.kaiming_uniform_(down, a=math.sqrt(5))
        self.down = nn.Parameter(down.to(weight))
        """A, shape (r, k)."""
        self.up = nn.Parameter(weight.new_zeros(weight.shape[0], rank))
        """B, shape (d, r)."""
        self.scale: Tensor
        # With the factors in a checkpoint, which so tells the whole change.
        self.register_buffer("scale", weight.new_tensor(alpha / rank))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight with its change, in the weight's own precision."""
        with torch.autocast(weight.device.type, enabled=False):
            return weight + self.scale * (self.up @ self.down).view(weight.shape)


def add_low_rank(backbone: Backbone, rank: int, alpha: float, layers: LoraLayers = LoraLayers.LINEAR) -> int:
    """Have layers of the unfrozen stages learn by low-rank changes, and train nothing else of these stages.

    Linear ones are `nn.Linear` and the projections of `nn.MultiheadAttention`, whose three that stand in one matrix are
    changed as one; convolutions are `nn.Conv2d` without groups. A weight that several layers share stays as it is.

    Args:
        backbone: Frozen to its depth; changed in place.
        rank: r.
        alpha: What changes are scaled by, together with 1 / r.
        layers: Which ones.

    Returns:
        How many weights learn.
    """
    weights = [(layer, name) for _, layer, name in _weights(backbone, layers) if getattr(layer, name).requires_grad]
    backbone.requires_grad_(False)
    for layer, name in weights:
        parametrize.register_parametrization(layer, name, LowRankChange(getattr(layer, name), rank, alpha))
    return len(weights)


def merge_low_rank(backbone: nn.Module) -> None:
    """Make low-rank changes part of the weights that they are of; names are then what they were before."""
    for module in list(backbone.modules()):
        for name in _changed_weights(module):
            parametrize.remove_parametrizations(module, name)


def num_merged(backbone: nn.Module) -> int:
    """Return how many parameters are part of others once low-rank changes are merged."""
    changes = [module for module in backbone.modules() if isinstance(module, LowRankChange)]
    return sum(parameter.numel() for change in changes for parameter in change.parameters())


def is_low_rank_factor(name: str) -> bool:
    """Whether an entry of a state dict is A of a change B A, so that the change is in proportion to B's entry."""
    entry = _ENTRY.fullmatch(name)
    return entry is not None and entry["part"] == "down"


def low_rank_stages(backbone: Backbone, layers: LoraLayers) -> tuple[int, ...]:
    """Return the positions of the stages with weights of such layers that can learn by low-rank changes."""
    return tuple(sorted({stage for stage, _, _ in _weights(backbone, layers)}))


def merged_state(found: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state dict with low-rank changes as the weights that they make.

    Args:
        found: With changes or without. A change that fits none of the weights stays as it is.
        weights: What they are changes of, by the names that these have without.
    """
    merged: dict[str, Tensor] = {}
    changes: dict[str, dict[str, Tensor]] = {}
    for name, value in found.items():
        entry = _ENTRY.fullmatch(name)
        if entry is None:
            merged[name] = value
        else:
            changes.setdefault(entry["module"] + entry["weight"], {})[entry["part"]] = value
    for name, change in changes.items():
        if name in weights and _fits(change, weights[name]):
            delta = change["scale"] * (change["up"] @ change["down"])
            merged[name] = weights[name] + delta.view(weights[name].shape).to(weights[name].device)
        else:
            merged.update({f"{name}.{part}": value for part, value in change.items()})
    return merged


def _fits(change: Mapping[str, Tensor], weight: Tensor) -> bool:
    """Whether a change is whole, and one of a weight of this shape."""
    if len(change) != 3 or change["up"].dim() != 2 or change["down"].dim() != 2 or change["scale"].dim():
        return False
    (height, rank), (other_rank, width) = change["up"].shape, change["down"].shape
    return rank == other_rank and weight.ndim > 1 and (len(weight), weight[0].numel()) == (height, width)


def _weights(backbone: Backbone, layers: LoraLayers) -> Iterator[tuple[int, nn.Module, str]]:
    """Yield the stage, layer and name of each weight of such layers that no other layer has too."""
    entries = list(backbone.named_parameters(remove_duplicate=False))
    holders = Counter(id(parameter) for _, parameter in entries)
    seen: set[int] = set()
    for position, stage in enumerate(backbone.stages):
        for module in stage.modules():
            for name in _names(module, layers):
                weight = module._parameters.get(name)
                if weight is not None and id(weight) not in seen and holders[id(weight)] == 1:
                    seen.add(id(weight))
                    yield position, module, name


def _names(module: nn.Module, layers: LoraLayers) -> tuple[str, ...]:
    takes_convolutions = layers is LoraLayers.LINEAR_AND_CONVOLUTIONS
    is_whole = isinstance(module, nn.Conv2d) and module.groups == 1
    if isinstance(module, nn.Linear) or (takes_convolutions and is_whole):
        return ("weight",)
    return _ATTENTION if isinstance(module, nn.MultiheadAttention) else ()


def _changed_weights(module: nn.Module) -> list[str]:
    # Its own: a block with adapters shows the attributes of the block.
    changed: Any = module._modules.get("parametrizations") or {}
    return [name for name, changes in changed.items() if isinstance(changes[0], LowRankChange)]
