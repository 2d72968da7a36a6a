"""Swin Transformer, v1 and v2 (Liu et al., 2021 and 2022)."""

from __future__ import annotations

from torch import nn
from torchvision.models import SwinTransformer, swin_transformer

from study.parts.backbones.cut import Cut
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(swin_transformer, family="Swin")
def cut_swin(model: SwinTransformer) -> Cut:
    """Cut into the patch embedding and the four groups of blocks, each after its patch merging.

    Maps between stages are channels last, (N, H, W, C).
    """
    patches, blocks1, merge2, blocks2, merge3, blocks3, merge4, blocks4 = model.features
    return Cut(
        stages={
            "patches": patches,
            "blocks1": blocks1,
            "blocks2": nn.Sequential(merge2, blocks2),
            "blocks3": nn.Sequential(merge3, blocks3),
            "blocks4": nn.Sequential(merge4, blocks4, model.norm, model.permute, model.avgpool, model.flatten),
        },
        feature_width=model.head.in_features,
        classifier="head.",
    )
