"""What a step does beside its gradients, against what can be worked out by hand."""

import math

import pytest
import torch
from torch import nn, optim

from study.learning.model import AdaptedModel
from study.learning.updating import Update
from study.parts.backbones import Backbone
from study.parts.preprocessing import Preprocessing
from study.values.fine_tuning_methods import FineTuningMethods

CPU = torch.device("cpu")


def net(*, stage=1.0, head=2.0):
    """Return a model with one weight in its only stage and one in its only head."""
    layers = [nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)]
    for layer, value in zip(layers, (stage, head), strict=True):
        layer.weight.data.fill_(value)
    backbone = Backbone(layers[:1], feature_width=1, preprocessing=Preprocessing(image_size=8))
    return AdaptedModel(backbone, layers[1:], 0)


def take_steps(model, gradients, *, rate=0.1, num_steps=1, kind=optim.SGD, **methods):
    """Take steps; `gradients` works out those of stage and head where they are."""
    optimizer = kind(model.parameters(), lr=rate)
    update = Update(model, optimizer, FineTuningMethods(**methods), CPU)
    parameters = list(model.parameters())

    def find():
        for one, gradient in zip(parameters, gradients(*(one.item() for one in parameters)), strict=True):
            one.grad = None if gradient is None else torch.full((1, 1), float(gradient))

    seen = []
    for step in range(num_steps):
        update.step(find, step)
        seen.append([one.item() for one in parameters])
    return update, seen


def test_gradients_are_scaled_down_to_the_largest_norm_and_never_up():
    _, [step] = take_steps(net(), lambda a, b: (3, 4), rate=1, gradient_clip=1.0)
    assert step == pytest.approx([1 - 0.6, 2 - 0.8], rel=1e-5)
    _, [step] = take_steps(net(), lambda a, b: (0.3, 0.4), rate=1, gradient_clip=1.0)
    assert step == pytest.approx([1 - 0.3, 2 - 0.4])


def test_a_sharpness_aware_step_on_a_quadratic_takes_the_gradient_uphill():
    # L = a^2/2 + 2 b^2: gradient (a, 4b) = (1, 8); the second one is at w + rho g / |g|.
    rho, norm = 0.5, math.hypot(1, 8)
    above = (1 + rho / norm, 2 + rho * 8 / norm)
    _, [step] = take_steps(net(), lambda a, b: (a, 4 * b), sam_radius=rho)
    assert step == pytest.approx([1 - 0.1 * above[0], 2 - 0.1 * 4 * above[1]])


def test_a_gradient_of_zero_and_a_parameter_without_gradient_stay_where_they_are():
    _, [step] = take_steps(net(), lambda a, b: (0, None), sam_radius=0.5)
    assert step == [1, 2]


def test_both_gradients_of_a_sharpness_aware_step_draw_the_same_and_count_a_batch_once():
    model = net()
    norm = nn.BatchNorm1d(1)
    model.backbone.stages.append(norm)
    torch.manual_seed(0)
    draws = []

    def find():
        draws.append(torch.rand(3).tolist())
        norm(torch.tensor([[1.0], [2.0]]))
        for one in model.parameters():
            one.grad = torch.ones_like(one)

    update = Update(model, optim.SGD(model.parameters(), lr=0.1), FineTuningMethods(sam_radius=0.1), CPU)
    update.step(find, 0)
    assert len(draws) == 2
    assert draws[0] == draws[1] != torch.rand(3).tolist()
    assert norm.num_batches_tracked == 1
    assert norm.running_mean.item() == pytest.approx(0.15)


@pytest.mark.parametrize("kind", [optim.SGD, optim.AdamW])
def test_stages_are_pulled_back_to_their_start_and_heads_are_not(kind):
    model = net()
    optimizer = kind(model.parameters(), lr=0.1, weight_decay=0.0)
    update = Update(model, optimizer, FineTuningMethods(l2_sp=2.0), CPU)
    model.backbone.stages[0].weight.data.fill_(4.0)

    def find():
        for one in model.parameters():
            one.grad = torch.zeros_like(one)

    for step in range(3):
        update.step(find, step)
    # (w - w_0) shrinks by 1 - eta * alpha a step.
    assert model.backbone.stages[0].weight.item() == pytest.approx(1 + 3 * 0.8**3)
    assert model.heads[0].weight.item() == 2


def test_without_momentum_the_pull_is_the_gradient_of_the_penalty():
    _, seen = take_steps(net(), lambda a, b: (a - 5, 0), num_steps=4, l2_sp=3.0)
    weight = torch.tensor(1.0, requires_grad=True)
    plain = optim.SGD([weight], lr=0.1)
    for expected, _ in seen:
        plain.zero_grad()
        ((weight - 5).square() / 2 + 3.0 / 2 * (weight - 1).square()).backward()
        plain.step()
        assert expected == pytest.approx(weight.item(), rel=1e-5)


def test_the_average_is_the_plain_mean_at_first_and_then_decays():
    update, seen = take_steps(net(), lambda a, b: (a, 1), num_steps=6, ema_decay=0.75)
    expected = 0.0
    for number, (weight, _) in enumerate(seen, start=1):
        decay = min(0.75, 1 - 1 / number)
        expected = decay * expected + (1 - decay) * weight
        if number == 4:
            assert expected == pytest.approx(sum(one for one, _ in seen[:4]) / 4)
    assert update.average.state["backbone.stages.0.weight"].item() == pytest.approx(expected)
