"""MobileNetV3 (Howard et al., 2019)."""

from __future__ import annotations

from torch import nn
from torchvision.models import MobileNetV3, mobilenetv3

from study.parts.backbones.cut import Cut, by_out_channels, pooled
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(mobilenetv3, family="MobileNetV3")
def cut_mobilenet_v3(model: MobileNetV3) -> Cut:
    """Cut into the stem, the groups of inverted residuals of one width, and the last convolution.

    Features are the pooled ones; the hidden layer of its two-layer classifier is left out.
    """
    stem, *blocks, head = model.features
    groups = {f"blocks{i}": nn.Sequential(*group) for i, group in enumerate(by_out_channels(blocks), start=1)}
    return Cut(
        stages={"stem": stem, **groups, "head": pooled(head)},
        feature_width=model.classifier[0].in_features,
        classifier="classifier.",
    )
