"""Freezing: which stages of a backbone take no gradient."""

from __future__ import annotations

from torch import nn

from study.parts.backbones.backbone import Backbone


def freeze(backbone: Backbone, depth: int) -> None:
    """Freeze stages 0..depth-1 and unfreeze the others.

    A frozen stage takes no gradient and runs in eval mode from now on, batch norm included, even when `.train()` is
    called on the backbone or on a model that holds it.

    Args:
        backbone: Changed in place.
        depth: k, in 0..S.

    Raises:
        ValueError: If `depth` is outside 0..S.
    """
    if not 0 <= depth <= backbone.num_stages:
        raise ValueError(f"freezing depth {depth} of a backbone with {backbone.num_stages} stages; must be in 0..S")
    # Trained stages first: a parameter that a frozen and a trained stage share stays frozen.
    for position in reversed(range(backbone.num_stages)):
        backbone.stages[position].requires_grad_(position >= depth)
    backbone.freezing_depth = depth
    backbone.train(backbone.training)


def trainable_parameters(backbone: Backbone) -> list[nn.Parameter]:
    """Return the parameters that take gradients, input stages first."""
    return [parameter for parameter in backbone.parameters() if parameter.requires_grad]
