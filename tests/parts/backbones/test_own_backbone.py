"""Backbones from a person's own function, in a file outside the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from backbone_contract import check_contract
from refusals import assert_refused
from safetensors.torch import save_file
from torch import Tensor

from study.parts.backbones import Backbone, backbone_problems, build_backbone, count_stages
from study.parts.preprocessing import Preprocessing
from study.values.importing import resolve
from study.values.spec import BackboneSpec

CODE = """
from collections import OrderedDict
import torch
from torch import nn
from study import Backbone, Preprocessing

PREPROCESSING = Preprocessing(image_size=16, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))

def blocks(width=8):
    return [
        nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.ReLU()),
        nn.Sequential(nn.Conv2d(width, 12, 3), nn.BatchNorm2d(12)),
    ]

def pool():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

def as_backbone(width=8):
    first, second = blocks(width)
    return Backbone([first, nn.Sequential(second, pool())], feature_width=12, preprocessing=PREPROCESSING)

def as_sequential(width=8):
    return nn.Sequential(OrderedDict(zip(["low", "high"], blocks(width))))

def as_pair():
    first, second = blocks()
    return nn.Sequential(first, nn.Sequential(second, pool())), PREPROCESSING

def with_repeated_module():
    relu, (first, second) = nn.ReLU(), blocks()
    return nn.Sequential(relu, first, relu, second, relu, pool()), PREPROCESSING

def with_attention():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(12, 2, batch_first=True)
        def forward(self, maps):
            tokens = maps.flatten(2).mT
            return self.attention(tokens, tokens, tokens)[0].mean(1)
    return nn.Sequential(*blocks(), Attention()), PREPROCESSING

def asks(pretrained):
    backbone = as_backbone()
    if pretrained:
        for parameter in backbone.parameters():
            nn.init.constant_(parameter, 0.5)
    return backbone

class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full((12,), 3.0))
    def forward(self, features):
        return features * self.scale

def cannot_reset():
    return nn.Sequential(*blocks(), pool(), Scale()), PREPROCESSING

def raises():
    raise KeyError("nothing here")

def a_number():
    return 3

def a_triple():
    return nn.Sequential(*blocks()), PREPROCESSING, 3

def empty():
    return nn.Sequential(), PREPROCESSING

def one_dimension():
    return nn.Sequential(*blocks(), nn.Flatten(0)), PREPROCESSING

def wrong_width():
    return Backbone([*blocks(), pool()], feature_width=13, preprocessing=PREPROCESSING)

def wrong_channels():
    return nn.Sequential(nn.Conv2d(1, 4, 3)), PREPROCESSING
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(CODE)
    return tmp_path


def spec(function: str, **more: Any) -> BackboneSpec:
    return BackboneSpec(source=f"own.py:{function}", **more)


def values(backbone: Backbone) -> Tensor:
    return torch.cat([value.flatten() for value in backbone.state_dict().values() if value.is_floating_point()])


@pytest.mark.parametrize(
    "function", ["as_backbone", "as_sequential", "as_pair", "with_repeated_module", "with_attention"]
)
def test_what_may_be_returned_holds_to_the_contract(function: str, root: Path) -> None:
    candidate = spec(function, image_size=20, weights="none")
    assert backbone_problems(candidate, root=root) == []
    torch.manual_seed(0)
    backbone = build_backbone(candidate, root=root)
    assert backbone.num_stages == count_stages(candidate, root=root)
    assert backbone.preprocessing.image_size == 20
    returned = resolve(candidate.source, root=root)()
    module = returned[0] if isinstance(returned, tuple) else returned

    def original(images: Tensor, training: bool) -> Tensor:
        own = list(backbone.state_dict().values())
        assert len(own) == len(module.state_dict())
        module.load_state_dict(dict(zip(module.state_dict(), own, strict=True)))
        features = module.train(training)(images)
        return features.mean(dim=(2, 3)) if features.ndim == 4 else features

    if function == "with_repeated_module":
        images = torch.randn(2, 3, 20, 20)
        assert torch.equal(backbone.eval()(images), original(images, False))
    else:
        check_contract(backbone, original, image_size=20)


def test_names_and_preprocessing_are_the_functions_own(root: Path) -> None:
    assert build_backbone(spec("as_sequential", image_size=16), root=root).stage_names == ("low", "high")
    backbone = build_backbone(spec("as_pair"), root=root)
    assert backbone.preprocessing == Preprocessing(image_size=16, mean=(0.5,) * 3, std=(0.2,) * 3)


def test_options_reach_the_function(root: Path) -> None:
    backbone = build_backbone(spec("as_backbone", options={"width": 5}), root=root)
    assert backbone.stages[0][0].out_channels == 5


def test_random_weights_are_drawn_anew_from_the_global_generator(root: Path) -> None:
    built = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        built.append(values(build_backbone(spec("with_attention", weights="none"), root=root)))
    assert torch.equal(built[0], built[1])
    assert not torch.equal(built[0], built[2])


def test_a_function_that_asks_is_told_whether_pretrained_weights_are_wanted(root: Path) -> None:
    assert build_backbone(spec("asks"), root=root).stages[0][0].weight.eq(0.5).all()
    assert not build_backbone(spec("asks", weights="none"), root=root).stages[0][0].weight.eq(0.5).any()


def test_what_pretrained_weights_leave_to_chance_is_the_same_each_time(root: Path) -> None:
    first = values(build_backbone(spec("as_backbone"), root=root))
    torch.manual_seed(5)
    state = torch.get_rng_state()
    assert torch.equal(values(build_backbone(spec("as_backbone"), root=root)), first)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("function", ["as_backbone", "as_sequential", "asks"])
@pytest.mark.parametrize("file", ["w.pth", "w.safetensors"])
def test_weights_by_path_have_the_names_of_the_returned_module(function: str, file: str, root: Path) -> None:
    options = {"pretrained": False} if function == "asks" else {}
    module = resolve(f"own.py:{function}", root=root)(**options)
    if file.endswith(".pth"):
        torch.save(module.state_dict(), root / file)
    else:
        save_file(module.state_dict(), root / file)
    candidate = spec(function, image_size=16, weights=file)
    assert backbone_problems(candidate, root=root) == []
    module.eval()
    images = torch.randn(2, 3, 16, 16)
    features = module(images)
    features = features.mean(dim=(2, 3)) if features.ndim == 4 else features
    assert torch.equal(build_backbone(candidate, root=root).eval()(images), features)


def test_weights_by_path_must_fit_strictly(root: Path) -> None:
    state = resolve("own.py:as_backbone", root=root)().state_dict()
    state.pop("stages.0.0.bias")
    torch.save(state, root / "w.pth")
    (problem,) = backbone_problems(spec("as_backbone", weights="w.pth"), root=root)
    assert problem.message == "weights w.pth are not of own.py:as_backbone: missing stages.0.0.bias"


@pytest.mark.parametrize(
    ("given", "location", "said"),
    [
        ({"function": "raises"}, ("source",), "raised KeyError: 'nothing here'"),
        ({"function": "a_number"}, ("source",), "returned int; return a study.Backbone"),
        ({"function": "a_triple"}, ("source",), "returned (Sequential, Preprocessing, int); return"),
        ({"function": "empty"}, ("source",), "without children"),
        ({"function": "as_sequential"}, ("image_size",), "so image_size (height and width in pixels) is needed"),
        ({"function": "one_dimension"}, ("source",), "gives features of shape (1728,) for one input"),
        ({"function": "wrong_width"}, ("source",), "gives features of shape (1, 12) for one input, not (1, 13)"),
        ({"function": "wrong_channels"}, ("source",), "fails on an input of shape (1, 3, 16, 16): RuntimeError"),
        ({"function": "as_bakcbone"}, ("source",), "did you mean as_backbone?"),
        ({"function": "as_backbone", "options": {"widht": 3}}, ("options",), "did you mean width?"),
        ({"function": "asks", "options": {"pretrained": True}}, ("options",), "'pretrained'"),
        ({"function": "as_backbone", "weights": "IMAGENET1K_V1"}, ("weights",), "allowed: default, none"),
        ({"function": "as_backbone", "weights": "gone.pth"}, ("weights",), "no such file"),
        ({"function": "cannot_reset", "weights": "none"}, ("weights",), "3 (Scale) cannot be drawn anew"),
    ],
)
def test_problems_name_place_and_what_is_allowed(
    given: dict[str, Any], location: tuple[str, ...], said: str, root: Path
) -> None:
    assert_refused(spec(**given), root=root, location=location, said=said)


def test_a_missing_file_is_named(root: Path) -> None:
    (problem,) = backbone_problems(BackboneSpec(source="gone.py:net"), root=root)
    assert problem.location == ("source",)
    assert f"no such file: {root / 'gone.py'}" in problem.message
