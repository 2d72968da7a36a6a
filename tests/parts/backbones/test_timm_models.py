"""Models of timm are cut where they say, and give what they gave whole."""

from collections.abc import Callable

import pytest
import timm
import torch
from backbone_contract import check_contract, scramble
from safetensors.torch import save_file
from torch import Tensor, nn

from study.parts.backbones import backbone_problems, build_architecture, build_backbone, is_own
from study.values.spec import BackboneSpec

STAGES = {
    "resnet10t": 5,
    "vit_tiny_patch16_224": 13,
    "convnext_atto": 4,
    "mobilenetv3_small_050": 5,
    "deit_tiny_distilled_patch16_224": 13,
}
SIZE = 64


def original(model: nn.Module) -> Callable[[Tensor, bool], Tensor]:
    def features(images: Tensor, training: bool) -> Tensor:
        found: Tensor = model.train(training)(images)
        return found

    return features


@pytest.mark.parametrize("name", STAGES)
def test_a_model_holds_to_the_contract(name, tmp_path):
    fixed = {"img_size": SIZE} if "224" in name else {}
    torch.manual_seed(0)
    whole = timm.create_model(name, pretrained=False, **fixed)
    scramble(whole)
    save_file({key: value.contiguous() for key, value in whole.state_dict().items()}, tmp_path / "weights.safetensors")
    spec = BackboneSpec(source=f"timm:{name}", name="x", weights="weights.safetensors", image_size=SIZE)
    assert not is_own(spec)
    assert backbone_problems(spec, root=tmp_path) == []
    backbone = build_backbone(spec, root=tmp_path)
    assert backbone.num_stages == build_architecture(spec, root=tmp_path).num_stages == STAGES[name]
    whole.reset_classifier(0)
    check_contract(backbone, original(whole), image_size=SIZE)


def test_its_preprocessing_is_that_of_its_weights(tmp_path):
    spec = BackboneSpec(source="timm:vit_tiny_patch16_224", name="x", weights="none")
    preprocessing = build_backbone(spec, root=tmp_path).preprocessing
    assert (preprocessing.image_size, preprocessing.interpolation) == (224, "bicubic")
    assert preprocessing.mean == preprocessing.std == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("given", "location", "said"),
    [
        ({"source": "timm:resnet81"}, "source", "unknown model of timm 'resnet81' (did you mean resnet"),
        # Its blocks are told positions beside their input, which a row of modules would lose.
        ({"source": "timm:vit_small_patch16_dinov3", "weights": "none"}, "source", "cannot be cut into stages"),
        ({"source": "timm:hrnet_w18_small", "weights": "none"}, "source", "cannot be cut into stages"),
        ({"source": "timm:resnet18", "weights": "a9"}, "weights", "unknown weights of timm:resnet18 'a9'"),
        ({"source": "timm:resnet18", "options": {"a": 1}}, "options.a", "takes no options"),
        (
            {"source": "timm:vit_tiny_patch16_224", "image_size": 8, "weights": "none"},
            "image_size",
            "cannot take images",
        ),
    ],
)
def test_what_is_wrong_is_said(given, location, said, tmp_path):
    [problem] = backbone_problems(BackboneSpec.model_validate(given), root=tmp_path)
    assert ".".join(map(str, problem.location)) == location
    assert said in problem.message


def test_tags_of_weights_are_those_of_timm(tmp_path):
    [problem] = backbone_problems(
        BackboneSpec.model_validate({"source": "timm:resnet18", "weights": "b1"}), root=tmp_path
    )
    assert "a1_in1k" in problem.message
