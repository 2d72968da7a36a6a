"""EfficientNet and EfficientNetV2 (Tan and Le, 2019 and 2021)."""

from __future__ import annotations

from torchvision.models import EfficientNet, efficientnet

from study.parts.backbones.cut import Cut, pooled
from study.parts.backbones.torchvision_models import torchvision_family


@torchvision_family(efficientnet, family="EfficientNet")
def cut_efficientnet(model: EfficientNet) -> Cut:
    """Cut into the stem, the groups of (fused) MBConv blocks, and the last convolution."""
    stem, *groups, head = model.features
    blocks = {f"blocks{i}": group for i, group in enumerate(groups, start=1)}
    return Cut(
        stages={"stem": stem, **blocks, "head": pooled(head)},
        feature_width=model.classifier[-1].in_features,
        classifier="classifier.",
    )
