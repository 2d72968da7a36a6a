"""Adapters behind blocks: which blocks, what they compute, and how they find their places again."""

import copy
import pickle
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from tiny_encoders import KINDS, write_encoder
from torch import nn
from torchvision.models import SwinTransformer, VisionTransformer, mobilenet_v3_small
from torchvision.models.resnet import BasicBlock

from study.parts.backbones import Backbone, build_architecture, build_backbone, freeze
from study.parts.backbones.adapter import Adapted, Adapter
from study.parts.backbones.adapters import adapter_stages, add_adapters, restore_adapters
from study.parts.backbones.blocks import block_names
from study.parts.backbones.families.mobilenet_v3 import cut_mobilenet_v3
from study.parts.backbones.families.swin import cut_swin
from study.parts.backbones.families.vit import cut_vit
from study.parts.preprocessing import Preprocessing
from study.values.spec import BackboneSpec

WIDTH = 5
BLOCKS = {
    "resnet18": dict.fromkeys((1, 2, 3, 4), ("BasicBlock", 2)),
    "torchvision:convnext_tiny": {1: ("CNBlock", 3), 2: ("CNBlock", 3), 3: ("CNBlock", 9), 4: ("CNBlock", 3)},
    "torchvision:densenet121": dict.fromkeys((1, 2, 3, 4), ("_DenseBlock", 1)),
    "torchvision:efficientnet_b0": {n: ("MBConv", count) for n, count in enumerate((1, 2, 2, 3, 3, 4, 1), start=1)},
    "torchvision:regnet_y_400mf": {n: ("ResBottleneckBlock", count) for n, count in enumerate((1, 3, 6, 6), start=1)},
    "torchvision:squeezenet1_1": dict.fromkeys(range(1, 9), ("Fire", 1)),
    "torchvision:swin_t": {n: ("SwinTransformerBlock", count) for n, count in enumerate((2, 2, 6, 2), start=1)},
    "torchvision:vit_b_32": dict.fromkeys(range(1, 13), ("EncoderBlock", 1)),
    "efficientnet_lite0": {n: ("DroppedBlock", count) for n, count in enumerate((1, 2, 2, 3, 3, 4, 1), start=1)},
    "minilm_l6": dict.fromkeys(range(1, 7), ("BertLayer", 1)),
    "timm:convnext_atto": {n: ("ConvNeXtBlock", count) for n, count in enumerate((2, 2, 6, 2))},
}
"""By source: of each stage with blocks, their class and number, as the papers' tables have them."""
SMALL = {
    "vit": lambda: cut_vit(VisionTransformer(32, 8, num_layers=3, num_heads=2, hidden_dim=16, mlp_dim=32)),
    "swin": lambda: cut_swin(SwinTransformer([4, 4], 8, [1, 1, 2, 1], [1, 1, 2, 2], [4, 4])),
    "mobilenet": lambda: cut_mobilenet_v3(mobilenet_v3_small()),
}


def small(name, tmp_path):
    torch.manual_seed(0)
    if name in KINDS:
        write_encoder(tmp_path / name, name)
        spec = BackboneSpec(source=f"transformers:{name}", options={"max_length": 8})
        return build_backbone(spec, root=tmp_path)
    cut = SMALL[name]()
    stages = list(cut.stages.values())
    return Backbone(stages, feature_width=cut.feature_width, preprocessing=Preprocessing(image_size=32))


def inputs_of(backbone):
    blank = backbone.preprocessing.blank(3)
    generator = torch.Generator().manual_seed(1)
    if blank.is_floating_point():
        return torch.randn(blank.shape, generator=generator)
    ids = torch.randint(5, 19, (3, 8), generator=generator)
    return torch.stack([ids, torch.ones_like(ids), torch.zeros_like(ids)], dim=1)


def adapted(backbone, depth=1):
    """Return how many adapters a backbone has got that are not the identity."""
    freeze(backbone, depth)
    count = add_adapters(backbone, WIDTH)
    torch.manual_seed(2)
    for adapter in (module for module in backbone.modules() if isinstance(module, Adapter)):
        nn.init.normal_(adapter.up.weight, std=0.1)
    return count


@pytest.mark.parametrize("source", BLOCKS)
def test_blocks_are_those_of_the_paper(source):
    backbone = build_architecture(BackboneSpec(source=source), root=Path())
    found = {}
    for stage, name in block_names(backbone):
        found.setdefault(stage, []).append(type(backbone.get_submodule(name)).__name__)
    assert found == {stage: [kind] * count for stage, (kind, count) in BLOCKS[source].items()}
    assert adapter_stages(backbone) == tuple(BLOCKS[source])


@pytest.mark.parametrize("name", [*SMALL, *KINDS])
def test_a_network_begins_as_it_was_and_adapters_alone_learn(name, tmp_path):
    backbone = small(name, tmp_path)
    inputs = inputs_of(backbone)
    with torch.no_grad():
        before = backbone.eval()(inputs)
    freeze(backbone, 2)
    count = add_adapters(backbone, WIDTH)
    with torch.no_grad():
        torch.testing.assert_close(backbone(inputs), before)
    trained = {name for name, one in backbone.named_parameters() if one.requires_grad}
    assert len(trained) == 6 * count > 0
    assert all(".adapters_behind.0." in name and not name.startswith(("stages.0.", "stages.1.")) for name in trained)
    torch.manual_seed(2)
    for one in backbone.modules():
        if isinstance(one, Adapter):
            nn.init.normal_(one.up.weight, std=0.1)
    after = backbone(inputs)
    assert (after - before).abs().max() > 1e-3
    after.square().sum().backward()
    assert all(one.grad.abs().max() > 0 for one in backbone.parameters() if one.requires_grad)


@pytest.mark.parametrize("of_maps", [True, False])
def test_an_adapter_adds_what_a_hand_works_out(of_maps):
    torch.manual_seed(0)
    block = nn.Conv2d(3, 4, 1) if of_maps else nn.Linear(3, 4)
    one, adapter = Adapted(block), Adapter(4, WIDTH)
    nn.init.normal_(adapter.up.weight)
    nn.init.normal_(adapter.norm.weight)
    one.adapters_behind.append(adapter)
    inputs = torch.randn(2, 3, 6, 6) if of_maps else torch.randn(2, 6, 6, 3)
    found, hidden = one(inputs), block(inputs)
    if of_maps:
        found, hidden = found.permute(0, 2, 3, 1), hidden.permute(0, 2, 3, 1)
    mean, variance = hidden.mean(-1, keepdim=True), hidden.var(-1, keepdim=True, unbiased=False)
    normal = (hidden - mean) / torch.sqrt(variance + 1e-5) * adapter.norm.weight
    inside = (normal @ adapter.down.weight.T + adapter.down.bias).clamp(min=0)
    torch.testing.assert_close(found, hidden + inside @ adapter.up.weight.T)


def test_the_state_says_where_adapters_are(tmp_path):
    one = small("vit", tmp_path)
    other = copy.deepcopy(one)
    assert adapted(one, 2) == 2
    assert adapted(one, 3) == 1, "more, behind those that are there"
    assert not any(".adapters_behind.0." in name for name, p in one.named_parameters() if p.requires_grad)
    restore_adapters(other, one.state_dict())
    other.load_state_dict(one.state_dict())
    inputs = inputs_of(one)
    with torch.no_grad():
        assert torch.equal(one.eval()(inputs), other.eval()(inputs))


def test_entries_that_fit_no_block_are_left_to_whoever_compares_the_names(tmp_path):
    one = small("vit", tmp_path)
    names = set(one.state_dict())
    strange = {
        "stages.9.0.adapters_behind.0.down.weight": torch.zeros(2, 16),
        "stages.1.0.adapters_behind.0.down.weight": torch.zeros(2),
        "stages.2.0.adapters_behind.0.down.weight": torch.zeros(0, 16),
        f"stages.3.0.adapters_behind.{'9' * 5000}.down.weight": torch.zeros(2, 16),
    }
    restore_adapters(one, strange)
    assert set(one.state_dict()) == names


def test_what_a_block_of_a_persons_own_calls_adapters_is_its_own():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(192, 4)
            self.adapters = nn.ModuleList([nn.ModuleDict({"down": nn.Linear(4, 2), "up": nn.Linear(2, 4)})])

        def forward(self, images):
            hidden = self.first(images.flatten(1))
            return hidden + self.adapters[0]["up"](self.adapters[0]["down"](hidden))

    one = Backbone([Own()], feature_width=4, preprocessing=Preprocessing(image_size=8))
    names = set(one.state_dict())
    restore_adapters(one, one.state_dict())
    assert set(one.state_dict()) == names
    freeze(one, 0)
    assert add_adapters(one, WIDTH) == 1
    other = Backbone([Own()], feature_width=4, preprocessing=Preprocessing(image_size=8))
    restore_adapters(other, one.state_dict())
    other.load_state_dict(one.state_dict())


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 16, 4, 4)

    def forward(self, images):
        return self.convolution(images).flatten(2).transpose(1, 2)


class Mean(nn.Module):
    def forward(self, tokens):
        return tokens.mean(1)


def test_what_calls_its_blocks_may_read_their_attributes():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    stages = [Tokens(), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), Mean()]
    one = Backbone(stages, feature_width=16, preprocessing=Preprocessing(image_size=8))
    with torch.no_grad():
        before = one.eval()(inputs_of(one))
        freeze(one, 1)
        assert add_adapters(one, WIDTH) == 2
        torch.testing.assert_close(one(inputs_of(one)), before)
    assert adapted(one) == 2
    found = one.train(False)(inputs_of(one))
    assert (found - before).abs().max() > 1e-3
    for again in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        torch.testing.assert_close(again(inputs_of(one)), found)
    assert not hasattr(one.stages[1].layers[0], "no such name")


def repeated():
    torch.manual_seed(0)
    shared = nn.Sequential(BasicBlock(8, 8))
    stages = [nn.Conv2d(3, 8, 1), shared, shared, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())]
    return Backbone(stages, feature_width=8, preprocessing=Preprocessing(image_size=8))


@pytest.mark.parametrize(("depth", "count"), [(1, 1), (2, 0)])
def test_a_stage_that_stands_twice_has_its_adapters_once_and_none_where_it_is_frozen(depth, count):
    one, other, plain = repeated(), repeated(), repeated()
    assert adapter_stages(one) == (1,)
    assert adapted(one, depth) == count
    assert sum(isinstance(module, Adapter) for module in one.modules()) == count
    assert not any(p.requires_grad for stage in one.stages[:depth] for p in stage.parameters())
    inputs = inputs_of(one)
    with torch.no_grad():
        features = plain.eval().run(inputs, 0, depth)
        torch.testing.assert_close(one.eval()(inputs), one.run(features, depth, 4))
        restore_adapters(other, one.state_dict())
        other.load_state_dict(one.state_dict())
        torch.testing.assert_close(other.eval()(inputs), one(inputs))
        assert torch.equal(one(inputs), plain(inputs)) == (not count)


class Pair(NamedTuple):
    hidden: torch.Tensor
    weights: torch.Tensor


def test_a_named_tuple_stays_one():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, hidden):
            return Pair(self.first(hidden), self.second(hidden))

    one, inputs = Adapted(Named()), torch.randn(2, 4)
    one.adapters_behind.append(Adapter(4, WIDTH))
    nn.init.ones_(one.adapters_behind[0].up.bias)
    found, before = one(inputs), one.block(inputs)
    torch.testing.assert_close(found.hidden, before.hidden + 1)
    assert torch.equal(found.weights, before.weights)


def test_layers_in_a_row_are_no_blocks():
    layers = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1))
    stages = [layers, nn.Sequential(nn.Flatten(), nn.Linear(256, 4))]
    one = Backbone(stages, feature_width=4, preprocessing=Preprocessing(image_size=8))
    assert adapter_stages(one) == ()
    freeze(one, 0)
    assert add_adapters(one, WIDTH) == 0


def test_a_block_that_gives_no_hidden_states_has_none():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(192, 4), nn.Linear(192, 4)

        def forward(self, images):
            return {"features": self.first(images.flatten(1)) + self.second(images.flatten(1))}

    class Taken(nn.Module):
        def forward(self, outputs):
            return outputs["features"]

    one = Backbone([nn.Sequential(Odd(), Taken())], feature_width=4, preprocessing=Preprocessing(image_size=8))
    freeze(one, 0)
    assert add_adapters(one, WIDTH) == 0
