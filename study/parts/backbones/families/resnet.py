"""ResNet, ResNeXt and Wide ResNet (He et al., 2016; Xie et al., 2017; Zagoruyko and Komodakis, 2016)."""

from __future__ import annotations

from torch import nn
from torchvision.models import ResNet, resnet

from study.parts.backbones.cut import Cut, pooled
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(resnet, family="ResNet")
def cut_resnet(model: ResNet) -> Cut:
    """Cut into the stem and the four groups of residual blocks."""
    return Cut(
        stages={
            "stem": nn.Sequential(model.conv1, model.bn1, model.relu, model.maxpool),
            "layer1": model.layer1,
            "layer2": model.layer2,
            "layer3": model.layer3,
            "layer4": pooled(model.layer4),
        },
        feature_width=model.fc.in_features,
        classifier="fc.",
    )
