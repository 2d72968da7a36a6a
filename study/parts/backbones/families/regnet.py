"""RegNet, X and Y (Radosavovic et al., 2020)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torchvision.models import RegNet, regnet

from study.parts.backbones.cut import Cut, pooled
from study.parts.backbones.torchvision_models import TorchvisionArchitecture, torchvision_family

_MAKES_WEIGHTS = (torch.empty, torch.zeros, torch.ones)


class RegNetArchitecture(TorchvisionArchitecture):
    """A RegNet, whose widths torchvision works out with tensors, so that these must not be on the meta device."""

    def meta_model(self, image_size: int) -> nn.Module:
        """Return the model with its weights, and nothing else, on the meta device."""
        with _WeightsOnMeta():
            return self.model(image_size)


class _WeightsOnMeta(TorchFunctionMode):
    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        device = {"device": "meta"} if func in _MAKES_WEIGHTS else {}
        return func(*args, **{**(kwargs or {}), **device})


@torchvision_family(regnet, family="RegNet", architecture=RegNetArchitecture)
def cut_regnet(model: RegNet) -> Cut:
    """Cut into the stem and the four groups of blocks."""
    *groups, last = model.trunk_output.named_children()
    return Cut(
        stages={"stem": model.stem, **dict(groups), last[0]: pooled(last[1])},
        feature_width=model.fc.in_features,
        classifier="fc.",
    )
