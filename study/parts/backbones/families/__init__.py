"""The families of published architectures, one a file; importing this package registers them all."""

from study.parts.backbones.families import (
    convnext,
    densenet,
    efficientnet,
    efficientnet_lite,
    minilm,
    mobilenet_v2,
    mobilenet_v3,
    regnet,
    resnet,
    squeezenet,
    squeezenet_package,
    swin,
    vit,
)

__all__ = [
    "convnext",
    "densenet",
    "efficientnet",
    "efficientnet_lite",
    "minilm",
    "mobilenet_v2",
    "mobilenet_v3",
    "regnet",
    "resnet",
    "squeezenet",
    "squeezenet_package",
    "swin",
    "vit",
]
