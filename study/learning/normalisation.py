"""Batch normalisation whose statistics stay while the stages around it are trained."""

from __future__ import annotations

from torch.nn.modules.batchnorm import _BatchNorm

from study.learning.model import AdaptedModel


def keep_statistics(model: AdaptedModel) -> None:
    """Have the backbone's batch normalisation normalise by its statistics and leave them be, until `.train()`.

    Heads have statistics of no data before they are trained, and keep theirs up.
    """
    for module in model.backbone.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
