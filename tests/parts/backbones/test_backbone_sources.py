"""The registry and what is said of a spec before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from refusals import assert_refused
from torchvision import models

from study.parts.backbones import (
    backbone_problems,
    build_architecture,
    build_backbone,
    count_stages,
    list_backbones,
    registry,
)
from study.values.spec import BackboneSpec

SOURCES = [entry.source for entry in list_backbones()]


@pytest.mark.parametrize("source", SOURCES)
def test_every_listed_backbone_is_cut(source: str, tmp_path: Path) -> None:
    spec = BackboneSpec(source=source, weights="none")
    backbone = build_architecture(spec, root=tmp_path).eval()
    assert 4 <= count_stages(spec, root=tmp_path) == backbone.num_stages <= 14
    features = backbone(backbone.preprocessing.blank(1).to("meta"))
    assert features.shape == (1, backbone.feature_width)


def test_every_family_of_the_promise_is_listed() -> None:
    assert {entry.family for entry in list_backbones()} == {
        "ConvNeXt",
        "DenseNet",
        "EfficientNet",
        "EfficientNet-Lite",
        "MiniLM",
        "MobileNetV2",
        "MobileNetV3",
        "RegNet",
        "ResNet",
        "SqueezeNet",
        "Swin",
        "ViT",
    }
    assert len(SOURCES) == len(set(SOURCES)) >= 61


def test_listing_says_weights_and_their_terms() -> None:
    entries = {entry.source: entry for entry in list_backbones()}
    resnet50 = entries["torchvision:resnet50"]
    assert resnet50.weights == ("IMAGENET1K_V1", "IMAGENET1K_V2")
    assert resnet50.default_weights == "IMAGENET1K_V2"
    assert "SWAG/blob/main/LICENSE" in entries["torchvision:vit_b_16"].note
    assert "Apache-2.0" in entries["efficientnet_lite0"].note


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="'torchvision:resnet18' is registered already"):
        registry.add(registry.find("resnet18"))


@pytest.mark.parametrize(
    ("given", "location", "said"),
    [
        ({"source": "resnet81"}, ("source",), "unknown backbone 'resnet81' (did you mean resnet18?)"),
        ({"source": "torchvision:resnet81"}, ("source",), "did you mean torchvision:resnet18?"),
        ({"source": "efficientnet_lite1"}, ("source",), "did you mean efficientnet_lite0?"),
        ({"source": "resnet18", "weights": "IMAGENET1K_V2"}, ("weights",), "allowed: IMAGENET1K_V1, default, none"),
        ({"source": "resnet18", "weights": "there/is/none.pth"}, ("weights",), "no such file"),
        ({"source": "resnet18", "weights": "w.onnx"}, ("weights",), "must be a .safetensors or .pth file, not .onnx"),
        ({"source": "resnet18", "options": {"depth": 3}}, ("options", "depth"), "takes no options"),
        ({"source": "densenet121", "image_size": 16}, ("image_size",), "cannot take images of 16 pixels"),
        ({"source": "vit_b_16", "image_size": 384}, ("image_size",), "images of 224 pixels only, not 384"),
        ({"source": "vit_b_16", "weights": "none", "image_size": 50}, ("image_size",), "a multiple of 16 pixels"),
    ],
)
def test_problems_name_place_and_what_is_allowed(
    given: dict[str, Any], location: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    assert_refused(BackboneSpec(**given), root=tmp_path, location=location, said=said)


def test_problems_are_told_together(tmp_path: Path) -> None:
    spec = BackboneSpec(source="resnet18", weights="IMAGNET", options={"a": 1, "b": 2})
    found = {problem.location for problem in backbone_problems(spec, root=tmp_path)}
    assert found == {("options", "a"), ("options", "b"), ("weights",)}


@pytest.mark.parametrize("name", ["resnet50", "efficientnet_b1", "efficientnet_v2_l", "vit_b_16"])
@pytest.mark.parametrize("position", [0, 1])
def test_preprocessing_is_that_of_the_weights(name: str, position: int, tmp_path: Path) -> None:
    """Normalised as torchvision's own transforms do it, where nothing is left to resize."""
    weights = list(models.get_model_weights(name))[min(position, len(models.get_model_weights(name)) - 1)]
    spec = BackboneSpec(source=name, weights=weights.name)
    preprocessing = build_architecture(spec, root=tmp_path).preprocessing
    size = preprocessing.image_size
    preset = weights.transforms()
    assert preset.crop_size == [size]
    assert preprocessing.interpolation == preset.interpolation.value
    image = torch.randint(0, 256, (1, 3, size, size), dtype=torch.uint8)
    preset.resize_size = [size]
    torch.testing.assert_close(preprocessing.normalize(image), preset(image))


def test_random_weights_follow_the_global_generator(tmp_path: Path) -> None:
    spec = BackboneSpec(source="squeezenet1_1", weights="none")
    built = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        backbone_problems(spec, root=tmp_path)
        count_stages(spec, root=tmp_path)
        built.append(build_backbone(spec, root=tmp_path).stages[0][0].weight)
    torch.manual_seed(1)
    whole = models.squeezenet1_1(weights=None)
    assert torch.equal(built[0], built[1])
    assert torch.equal(built[0], whole.features[0].weight)
    assert not torch.equal(built[0], built[2])


def test_pretrained_weights_leave_the_global_generator_alone(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    build_backbone(BackboneSpec(source="efficientnet_lite0"), root=tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
