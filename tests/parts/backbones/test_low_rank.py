"""Low-rank changes of weights, held against the library peft."""

import copy
import os

import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import peft

from study.parts.backbones import Backbone, freeze
from study.parts.backbones.low_rank import (
    LowRankChange,
    add_low_rank,
    low_rank_stages,
    merge_low_rank,
    merged_state,
    num_merged,
)
from study.parts.preprocessing import Preprocessing
from study.values.fine_tuning_methods import LoraLayers

RANK, ALPHA, WIDTH = 3, 5.0, 8


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)

    def forward(self, tokens):
        return self.attention(tokens, tokens, tokens, need_weights=False)[0]


class Projections(nn.Module):
    """Attention of one head by linear layers."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, tokens):
        return scaled_dot_product_attention(self.query(tokens), self.key(tokens), self.value(tokens))


class Mean(nn.Module):
    def forward(self, tokens):
        return tokens.mean(dim=1)


def backbone():
    torch.manual_seed(0)
    stages = [
        nn.Linear(WIDTH, WIDTH),
        nn.Sequential(nn.LayerNorm(WIDTH), Attention(), nn.Linear(WIDTH, 2 * WIDTH), nn.GELU()),
        nn.Sequential(nn.Linear(2 * WIDTH, 4), Mean()),
    ]
    return Backbone(stages, feature_width=4, preprocessing=Preprocessing(image_size=8))


def changed(depth=1):
    """Return a backbone with low-rank changes that are not 0, and the original."""
    one = backbone()
    original = copy.deepcopy(one)
    freeze(one, depth)
    assert add_low_rank(one, RANK, ALPHA) == 4
    torch.manual_seed(1)
    for change in changes(one).values():
        nn.init.normal_(change.up)
    return one, original


def changes(module):
    """Return the changes of weights by the names of these."""
    named = {name: part for name, part in module.named_modules() if isinstance(part, LowRankChange)}
    return {name.replace("parametrizations.", "").removesuffix(".0"): part for name, part in named.items()}


TOKENS = torch.randn(5, 6, WIDTH, generator=torch.Generator().manual_seed(2))


def test_outputs_and_gradients_are_those_of_peft():
    torch.manual_seed(0)
    stages = [nn.Linear(WIDTH, WIDTH), Projections(), nn.Sequential(nn.Linear(WIDTH, 4), Mean())]
    one = Backbone(stages, feature_width=4, preprocessing=Preprocessing(image_size=8))
    names = [name for name, module in one.named_modules() if isinstance(module, nn.Linear)]
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=names, init_lora_weights=False)
    other = peft.get_peft_model(copy.deepcopy(one), config).base_model.model
    theirs = {f"{name}.weight": other.get_submodule(name) for name in names}
    freeze(one, 0)
    assert add_low_rank(one, RANK, ALPHA) == len(names) == 5
    pairs = [
        (change.down, layer.lora_A["default"].weight, change.up, layer.lora_B["default"].weight)
        for layer, change in ((theirs[name], change) for name, change in changes(one).items())
    ]
    with torch.no_grad():
        for down, their_down, up, their_up in pairs:
            down.copy_(their_down)
            up.copy_(their_up)
    found, expected = one(TOKENS), other(TOKENS)
    torch.testing.assert_close(found, expected)
    found.square().sum().backward()
    expected.square().sum().backward()
    for down, their_down, up, their_up in pairs:
        torch.testing.assert_close(down.grad, their_down.grad, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(up.grad, their_up.grad, rtol=1e-4, atol=1e-4)
        assert down.grad.abs().max() > 0.01 < up.grad.abs().max()


def convolutional(memory_format=torch.contiguous_format):
    torch.manual_seed(0)
    stages = [
        nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU()),
        nn.Sequential(nn.Conv2d(4, 4, 3, groups=2), nn.Conv2d(4, 6, (1, 3), bias=False), nn.ReLU()),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)),
    ]
    one = Backbone(stages, feature_width=4, preprocessing=Preprocessing(image_size=16))
    return one.to(memory_format=memory_format).eval()


IMAGES = torch.randn(5, 3, 16, 16, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_convolutions_are_changed_as_by_peft(memory_format):
    one, original = convolutional(memory_format), convolutional()
    names = ["stages.0.0", "stages.1.1", "stages.2.2"]
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=names, init_lora_weights=False)
    other = peft.get_peft_model(convolutional(), config).base_model.model.eval()
    freeze(one, 0)
    assert add_low_rank(one, RANK, ALPHA, LoraLayers.LINEAR_AND_CONVOLUTIONS) == 3
    assert torch.equal(one(IMAGES), convolutional(memory_format)(IMAGES))
    pairs = []
    for name, change in changes(one).items():
        theirs = other.get_submodule(name.removesuffix(".weight"))
        pairs += [(change.down, theirs.lora_A["default"].weight), (change.up, theirs.lora_B["default"].weight)]
    with torch.no_grad():
        for factor, theirs in pairs:
            factor.copy_(theirs.reshape(factor.shape))
    found, expected = one(IMAGES), other(IMAGES)
    torch.testing.assert_close(found, expected)
    found.square().sum().backward()
    expected.square().sum().backward()
    for factor, theirs in pairs:
        torch.testing.assert_close(factor.grad, theirs.grad.reshape(factor.shape), rtol=1e-4, atol=1e-4)
    weights = merged_state(one.state_dict(), original.state_dict())
    merge_low_rank(one)
    assert one.state_dict().keys() == original.state_dict().keys()
    for name, value in one.state_dict().items():
        torch.testing.assert_close(value, weights[name])
    torch.testing.assert_close(one(IMAGES), found, atol=1e-5, rtol=0)


def test_convolutions_learn_where_they_are_asked_for_and_have_no_groups():
    one = convolutional()
    assert low_rank_stages(one, LoraLayers.LINEAR) == (2,)
    assert low_rank_stages(one, LoraLayers.LINEAR_AND_CONVOLUTIONS) == (0, 1, 2)
    freeze(one, 1)
    assert add_low_rank(copy.deepcopy(one), RANK, ALPHA) == 1
    assert add_low_rank(one, RANK, ALPHA, LoraLayers.LINEAR_AND_CONVOLUTIONS) == 2


def test_attention_is_changed_in_all_of_its_projections():
    one, original = changed()
    changed_weights = {
        name: change.scale * change.up @ change.down for name, change in changes(one).items() if "attention" in name
    }
    assert {name.rpartition("attention.")[2] for name in changed_weights} == {"in_proj_weight", "out_proj.weight"}
    assert torch.equal(one.stages[1][1].attention.in_proj_bias, original.stages[1][1].attention.in_proj_bias)
    attention = original.stages[1][1].attention
    with torch.no_grad():
        attention.in_proj_weight += changed_weights["stages.1.1.attention.in_proj_weight"]
        attention.out_proj.weight += changed_weights["stages.1.1.attention.out_proj.weight"]
    torch.testing.assert_close(one.stages[1][1](TOKENS), original.stages[1][1](TOKENS))


def test_a_change_begins_as_none_and_only_its_factors_are_trained():
    one, original = backbone(), backbone()
    freeze(one, 1)
    add_low_rank(one, RANK, ALPHA)
    assert torch.equal(one.train()(TOKENS), original.train()(TOKENS))
    trained = {name for name, parameter in one.named_parameters() if parameter.requires_grad}
    assert {name.rpartition(".")[2] for name in trained} == {"up", "down"}
    assert num_merged(one) == sum(dict(one.named_parameters())[name].numel() for name in trained)
    assert not any(name.startswith("stages.0.") for name in trained)


@pytest.mark.parametrize("training", [True, False])
def test_merged_weights_give_the_same_outputs_under_the_names_of_old(training):
    one, original = changed()
    expected = one.train(training)(TOKENS).detach()
    merge_low_rank(one)
    assert one.state_dict().keys() == original.state_dict().keys()
    torch.testing.assert_close(one(TOKENS), expected, atol=1e-5, rtol=0)
    # Without gradient attention takes another way through its weights.
    with torch.no_grad():
        torch.testing.assert_close(one(TOKENS), expected, atol=1e-5, rtol=0)


def test_attention_without_gradient_sees_the_change():
    one, original = changed()
    with torch.no_grad():
        found = one.eval()(TOKENS)
        merge_low_rank(one)
        torch.testing.assert_close(one(TOKENS), found, atol=1e-5, rtol=0)
        assert (found - original.eval()(TOKENS)).abs().max() > 0.1


def test_a_state_with_changes_says_what_they_make_of_the_weights():
    one, original = changed()
    found = merged_state(one.state_dict(), original.state_dict())
    merge_low_rank(one)
    expected = one.state_dict()
    for name in ("stages.1.1.attention.in_proj_weight", "stages.1.2.weight"):
        torch.testing.assert_close(found[name], expected[name])
        assert not torch.equal(found[name], original.state_dict()[name])


def test_changes_of_weights_of_another_shape_stay_as_they_are():
    one, original = changed()
    name = "stages.1.2.weight"
    other = {**original.state_dict(), name: torch.zeros(1, 1)}
    found = merged_state(one.state_dict(), other)
    assert name not in found
    assert {f"{name}.{part}" for part in ("down", "up", "scale")} <= found.keys()


def test_what_is_no_linear_layer_of_its_own_is_left_alone():
    shared = nn.Linear(WIDTH, WIDTH, bias=False)
    tied = nn.Linear(WIDTH, WIDTH, bias=False)
    tied.weight = shared.weight
    one = Backbone(
        [nn.Sequential(shared, tied), nn.Conv1d(6, 6, 1), nn.Sequential(nn.Linear(WIDTH, 4), Mean())],
        feature_width=4,
        preprocessing=Preprocessing(image_size=8),
    )
    assert low_rank_stages(one, LoraLayers.LINEAR) == (2,)
    freeze(one, 0)
    assert add_low_rank(one, RANK, ALPHA) == 1
