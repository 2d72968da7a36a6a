"""ConvNeXt (Liu et al., 2022)."""

from __future__ import annotations

from torch import nn
from torchvision.models import ConvNeXt, convnext

from study.parts.backbones.cut import Cut
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(convnext, family="ConvNeXt")
def cut_convnext(model: ConvNeXt) -> Cut:
    """Cut into the stem and the four groups of blocks, each after its downsampling; the last ends in the final norm."""
    stem, blocks1, down2, blocks2, down3, blocks3, down4, blocks4 = model.features
    norm, flatten, linear = model.classifier
    return Cut(
        stages={
            "stem": stem,
            "blocks1": blocks1,
            "blocks2": nn.Sequential(down2, blocks2),
            "blocks3": nn.Sequential(down3, blocks3),
            "blocks4": nn.Sequential(down4, blocks4, model.avgpool, norm, flatten),
        },
        feature_width=linear.in_features,
        classifier="classifier.2.",
    )
