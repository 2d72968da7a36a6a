"""What share of a backbone's work each of its stages is."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from study.parts.backbones.backbone import Backbone


@torch.no_grad()
def stage_shares(backbone: Backbone) -> tuple[float, ...]:
    """Return each stage's share of the floating-point operations of a forward pass, as torch counts them.

    They sum to 1. All are equal where torch counts none, as for a person's own stages without a product of matrices.

    Args:
        backbone: On any device, meta included; left in eval mode.
    """
    backbone.eval()
    device = next((one.device for one in backbone.parameters()), torch.device("cpu"))
    values = backbone.preprocessing.blank(1).to(device)
    counts = []
    for stage in backbone.stages:
        with FlopCounterMode(display=False) as counter:
            values = stage(values)
        counts.append(float(counter.get_total_flops()))
    total = sum(counts)
    return tuple(count / total if total else 1 / len(counts) for count in counts)
