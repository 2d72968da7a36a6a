"""Which axis adapters take features from, where blocks do not give what their layers suggest."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from study.parts.backbones import Backbone, build_architecture, freeze
from study.parts.backbones.adapter import Adapted, Adapter
from study.parts.backbones.adapters import add_adapters, restore_adapters
from study.parts.backbones.features_axis import features_axis
from study.parts.preprocessing import Preprocessing
from study.values.spec import BackboneSpec


class Own(nn.Module):
    """A block of given layers, one after the other."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.ModuleDict({str(number): layer for number, layer in enumerate(layers)})

    def forward(self, hidden):
        for layer in self.layers.values():
            hidden = layer(hidden)
        return hidden


class Last(nn.Module):
    """A linear layer over channels, of maps that have them second, as in ConvNeXt."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 6)

    def forward(self, maps):
        return self.linear(maps.movedim(1, -1)).movedim(-1, 1)


CONV1D = Own(nn.Conv1d(6, 6, 3, padding=1), nn.Conv1d(6, 6, 1))
CONV2D = Own(nn.Conv2d(6, 6, 3, padding=1), Last())
TRANSPOSED = Own(nn.ConvTranspose2d(6, 6, 1), nn.ConvTranspose2d(6, 6, 1))
LINEAR = Own(nn.Linear(6, 6), nn.Linear(6, 6))


@pytest.mark.parametrize("rest", [9, 6], ids=["told by the width", "by the layers"])
@pytest.mark.parametrize(
    ("block", "axis", "num_rest"),
    [(CONV1D, 1, 1), (CONV2D, 1, 2), (TRANSPOSED, 1, 2), (LINEAR, -1, 1), (LINEAR, -1, 2), (LINEAR, -1, 0)],
)
def test_features_are_as_wide_as_what_the_last_product_gives(block, axis, num_rest, rest):
    shape = [2, *[rest] * num_rest]
    shape.insert(1 if axis == 1 else len(shape), 6)
    assert features_axis(block(torch.randn(shape)), block) == axis


@pytest.mark.parametrize(
    ("source", "widths", "expected"),
    [("timm:tiny_vit_5m_224", (64, 128, 160, 320), {1, -1}), ("timm:mambaout_femto", (48, 96, 192, 288), {-1})],
)
def test_maps_that_have_features_last_though_they_are_of_convolutions(source, widths, expected):
    torch.manual_seed(0)
    one = build_architecture(BackboneSpec(source=source, image_size=64), root=Path()).eval()
    other = copy.deepcopy(one)
    freeze(one, 0)
    assert add_adapters(one, 2) > 8
    adapters = [module for module in one.modules() if isinstance(module, Adapter)]
    assert sorted({adapter.features for adapter in adapters}) == [*widths]
    for adapter in adapters:
        nn.init.normal_(adapter.up.weight)
    restore_adapters(other, one.state_dict())
    other.load_state_dict(one.state_dict())
    inputs = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(other(inputs), one(inputs))
    axes = [[module.axis for module in two.modules() if isinstance(module, Adapted)] for two in (one, other)]
    assert axes[0] == axes[1]
    assert {*axes[0]} == expected


def test_adapters_of_sequences_with_features_second_know_nothing_of_their_length():
    class Mean(nn.Module):
        def forward(self, hidden):
            return hidden.mean(-1)

    block = nn.Sequential(Own(nn.Conv1d(3, 6, 1), nn.Conv1d(6, 6, 1)))
    one = Backbone(
        [nn.Sequential(nn.Flatten(2), block), Mean()], feature_width=6, preprocessing=Preprocessing(image_size=8)
    )
    freeze(one, 0)
    assert add_adapters(one, 2) == 1
    assert one(torch.randn(2, 3, 5, 5)).shape == (2, 6)
