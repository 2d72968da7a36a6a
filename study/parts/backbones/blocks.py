"""The blocks of a backbone: what its stages are rows of, such as encoder layers and residual blocks."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.nn.modules.conv import _ConvNd

from study.parts.backbones.adapter import Adapted
from study.parts.backbones.backbone import Backbone
from study.parts.backbones.keras_models.layer_module import LayerModule


def block_names(backbone: Backbone) -> Iterator[tuple[int, str]]:
    """Yield the stage and the name of every block, input first.

    A block is a module of two products with matrices at least, that stands in a row: in an `nn.Sequential` or
    `nn.ModuleList` of a stage, or is the stage. What has a row of blocks that are alike inside is taken apart.
    """
    for position, stage in enumerate(backbone.stages):
        for name in _names(stage, f"stages.{position}"):
            yield position, name


def _names(module: nn.Module, name: str) -> Iterator[str]:
    if isinstance(module, Adapted):
        yield name
        return
    rows = {f".{key}": child for key, child in module._modules.items() if child is not None and _is_alike(child)}
    if _is_row(module):
        rows = {"": module}
    if not rows and _is_block(module):
        yield name
    for key, row in rows.items():
        for place, child in row._modules.items():
            if child is not None:
                yield from _names(child, f"{name}{key}.{place}")


def _is_row(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential | nn.ModuleList)


def _is_alike(module: nn.Module) -> bool:
    """Whether a module is a row of blocks of one kind, and of nothing else."""
    if not _is_row(module):
        return False
    blocks = [child.block if isinstance(child, Adapted) else child for child in module.children()]
    return len({type(block) for block in blocks}) == 1 and all(_is_block(block) for block in blocks)


def _is_block(module: nn.Module) -> bool:
    # A plain `nn.ModuleDict` is never called.
    can_be_called = type(module).forward is not nn.Module.forward
    return can_be_called and sum(_is_product(part) for part in module.modules()) > 1


def _is_product(module: nn.Module) -> bool:
    """Whether a module multiplies with a matrix of its own: a lookup of embeddings does not."""
    if isinstance(module, LayerModule):
        return any(parameter.ndim > 1 for parameter in module._parameters.values() if parameter is not None)
    return isinstance(module, nn.Linear | nn.MultiheadAttention | _ConvNd)
