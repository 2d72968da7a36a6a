"""SqueezeNet (Iandola et al., 2016)."""

from __future__ import annotations

from torch import nn
from torchvision.models import SqueezeNet, squeezenet

from study.parts.backbones.cut import Cut, pooled
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(squeezenet, family="SqueezeNet")
def cut_squeezenet(model: SqueezeNet) -> Cut:
    """Cut into the stem and the fire modules, each after the pooling before it, numbered as in the paper.

    Its classifier is a convolution before the pooling, so the features are the pooled maps that enter it.
    """
    stem, rest = model.features[:3], list(model.features[3:])
    fires: list[nn.Module] = []
    waiting: list[nn.Module] = []
    for module in rest:
        waiting.append(module)
        if not isinstance(module, nn.MaxPool2d):
            fires.append(nn.Sequential(*waiting))
            waiting = []
    stages = {"stem": stem, **{f"fire{i}": fire for i, fire in enumerate(fires, start=2)}}
    last = list(stages)[-1]
    return Cut(
        stages={**stages, last: pooled(stages[last])},
        feature_width=model.classifier[1].in_channels,
        classifier="classifier.",
    )
