"""Vision Transformer (Dosovitskiy et al., 2021)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.models import VisionTransformer, vision_transformer

from study.parts.backbones.cut import Cut
from study.parts.backbones.torchvision_models import TorchvisionArchitecture, torchvision_family
from study.parts.backbones.weights_choice import NONE
from study.values.problems import InputError, Problem

_MOST_GROUPS = 13
# Published files may be from when a block's MLP had named layers.
_OLD_NAME = re.compile(r"\.mlp\.linear_([12])\.")


class ViTArchitecture(TorchvisionArchitecture):
    """A vision transformer, whose positional embedding is of one image size."""

    def model(self, image_size: int) -> nn.Module:
        """Return the model for images of that size."""
        return models.get_model(self.name, weights=None, image_size=image_size)  # type: ignore[no-any-return]

    def check_image_size(self, image_size: int, weights: str | Path) -> None:
        """Refuse a size that published weights have no positions for, or that patches do not divide.

        Raises:
            InputError: With what is allowed.
        """
        if isinstance(weights, str) and weights != NONE:
            own = self.preprocessing(weights).image_size
            if image_size != own:
                raise _wrong(
                    f"weights {weights} of {self.source} have positions for images of {own} pixels only, "
                    f"not {image_size}; give {own}, or leave image_size out"
                )
        model: Any = self.meta_model(self.preprocessing(self.default_weights).image_size)
        if image_size % model.patch_size:
            raise _wrong(f"{self.source} takes images of a multiple of {model.patch_size} pixels, not {image_size}")

    def modern_names(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return weights with today's names."""
        return {_OLD_NAME.sub(lambda match: f".mlp.{3 * (int(match[1]) - 1)}.", n): v for n, v in state.items()}


class PatchEmbedding(nn.Module):
    """Images (N, 3, H, W) to tokens (N, 1 + patches, width), class token first, positions added."""

    def __init__(self, model: VisionTransformer) -> None:
        super().__init__()
        self.conv_proj = model.conv_proj
        self.class_token = model.class_token
        self.pos_embedding = model.encoder.pos_embedding
        self.dropout = model.encoder.dropout

    def forward(self, images: Tensor) -> Tensor:
        """Return tokens."""
        patches = self.conv_proj(images).flatten(2).permute(0, 2, 1)
        tokens = torch.cat([self.class_token.expand(len(patches), -1, -1), patches], dim=1)
        return self.dropout(tokens + self.pos_embedding)  # type: ignore[no-any-return]


class ClassToken(nn.Module):
    """Tokens (N, 1 + patches, width) to the class token (N, width)."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the first token."""
        return tokens[:, 0]


@torchvision_family(vision_transformer, family="ViT", architecture=ViTArchitecture)
def cut_vit(model: VisionTransformer) -> Cut:
    """Cut into the patch embedding and the encoder's blocks, grouped evenly where there are more than 13."""
    blocks = list(model.encoder.layers)
    size = math.ceil(len(blocks) / _MOST_GROUPS)
    groups = [blocks[start : start + size] for start in range(0, len(blocks), size)]
    groups[-1] = [*groups[-1], model.encoder.ln, ClassToken()]
    stages = {f"blocks{i}": nn.Sequential(*group) for i, group in enumerate(groups, start=1)}
    return Cut(
        stages={"patches": PatchEmbedding(model), **stages},
        feature_width=model.hidden_dim,
        classifier="heads.",
    )


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("image_size",)))
