"""DenseNet (Huang et al., 2017)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn
from torchvision.models import DenseNet, densenet

from study.parts.backbones.cut import Cut, pooled
from study.parts.backbones.torchvision_models import TorchvisionArchitecture, torchvision_family

# The published files are from when a module's name could hold a dot: denselayer1.norm.1 is now denselayer1.norm1.
_OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")


class DenseNetArchitecture(TorchvisionArchitecture):
    """A DenseNet, whose published files have old names."""

    def modern_names(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return weights with today's names."""
        return {_OLD_NAME.sub(r"\1", name): value for name, value in state.items()}


@torchvision_family(densenet, family="DenseNet", architecture=DenseNetArchitecture)
def cut_densenet(model: DenseNet) -> Cut:
    """Cut into the stem and the four dense blocks, each after its transition."""
    f = model.features
    return Cut(
        stages={
            "stem": nn.Sequential(f.conv0, f.norm0, f.relu0, f.pool0),
            "denseblock1": f.denseblock1,
            "denseblock2": nn.Sequential(f.transition1, f.denseblock2),
            "denseblock3": nn.Sequential(f.transition2, f.denseblock3),
            "denseblock4": pooled(f.transition3, f.denseblock4, f.norm5, nn.ReLU(inplace=True)),
        },
        feature_width=model.classifier.in_features,
        classifier="classifier.",
    )
