"""The digest of frozen stages, by which trials share features."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from study.parts.backbones import Backbone, build_backbone, freeze, weights_digest
from study.parts.preprocessing import Preprocessing
from study.values.spec import BackboneSpec

SCRIPT = """
import torch
from pathlib import Path
from study.parts.backbones import build_backbone, weights_digest
from study.values.spec import BackboneSpec
print(weights_digest(build_backbone(BackboneSpec(source="efficientnet_lite0"), root=Path(".")), 5))
"""


def lite(**more: object) -> Backbone:
    return build_backbone(BackboneSpec(source="efficientnet_lite0", **more), root=Path())


def test_another_process_finds_the_same_digest() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True, cwd=Path.cwd()
    )
    assert run.stdout.strip() == weights_digest(lite(), 5)


def test_modes_freezing_and_later_stages_do_not_count() -> None:
    backbone = lite()
    digest = weights_digest(backbone, 5)
    freeze(backbone.train(), 5)
    backbone(torch.randn(2, 3, 64, 64)).sum().backward()
    with torch.no_grad():
        for parameter in backbone.stages[5:].parameters():
            parameter.add_(1)
    assert weights_digest(backbone, 5) == digest
    backbone.to(memory_format=torch.channels_last)
    assert weights_digest(backbone, 5) == digest


@pytest.mark.parametrize("entry", ["weight", "running_mean", "num_batches_tracked"])
def test_every_tensor_counts(entry: str) -> None:
    backbone = lite()
    digest = weights_digest(backbone, 1)
    with torch.no_grad():
        getattr(backbone.stages[0][1], entry).add_(1)
    assert weights_digest(backbone, 1) != digest


class Scaled(nn.Module):
    def __init__(self, scale: float, activation: object = torch.relu) -> None:
        super().__init__()
        self._scale = scale
        self.activation = activation
        self.register_buffer("hidden", torch.zeros(()), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3)) * self._scale


def digest_of(stage: nn.Module) -> str:
    backbone = Backbone([stage], feature_width=3, preprocessing=Preprocessing(image_size=8))
    return weights_digest(backbone, 1)


def test_structure_without_tensors_counts() -> None:
    assert digest_of(Scaled(1.0)) == digest_of(Scaled(1.0))
    assert digest_of(Scaled(1.0)) != digest_of(Scaled(2.0))
    assert digest_of(Scaled(1.0)) != digest_of(Scaled(1.0, torch.tanh))
    assert digest_of(nn.Conv2d(3, 3, 3, stride=1, bias=False).apply(_zero)) != digest_of(
        nn.Conv2d(3, 3, 3, stride=2, bias=False).apply(_zero)
    )
    assert digest_of(nn.Sequential(nn.ReLU())) != digest_of(nn.Sequential(nn.GELU()))


def test_half_precision_and_empty_prefixes_have_digests() -> None:
    assert digest_of(nn.Linear(2, 2).to(torch.bfloat16).apply(_zero)) != digest_of(nn.Linear(2, 2).apply(_zero))
    assert weights_digest(lite(), 0) == weights_digest(lite(weights="none"), 0)


def _zero(module: nn.Module) -> None:
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
