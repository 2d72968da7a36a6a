"""MobileNetV2 (Sandler et al., 2018)."""

from __future__ import annotations

from torch import nn
from torchvision.models import MobileNetV2, mobilenetv2

from study.parts.backbones.cut import Cut, by_out_channels, pooled
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(mobilenetv2, family="MobileNetV2")
def cut_mobilenet_v2(model: MobileNetV2) -> Cut:
    """Cut into the stem, the groups of inverted residuals of one width, and the last convolution."""
    stem, *blocks, head = model.features
    groups = {f"blocks{i}": nn.Sequential(*group) for i, group in enumerate(by_out_channels(blocks), start=1)}
    return Cut(
        stages={"stem": stem, **groups, "head": pooled(head)},
        feature_width=model.last_channel,
        classifier="classifier.",
    )
