"""What every backbone must hold to, whatever its source: call `check_contract` with one, and its original."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from study.parts.backbones import Backbone, freeze, trainable_parameters, weights_digest

NUM_IMAGES = 4


def check_contract(backbone: Backbone, original: Callable[[Tensor, bool], Tensor], *, image_size: int) -> None:
    """Check that stages compose to the original's features, and that freezing freezes exactly the first k.

    Args:
        backbone: With the weights of the original; it gets trained.
        original: Returns the original model's features of images, in training mode or not.
        image_size: Height and width in pixels of the images to try.
    """
    images = torch.randn(NUM_IMAGES, 3, image_size, image_size, generator=torch.Generator().manual_seed(0))
    check_features(backbone, original, images)
    check_stages(backbone, images)
    check_digests(backbone)
    size = backbone.num_stages
    for depth in (size, size // 2, 0):
        check_freezing(backbone, depth, images)


@torch.no_grad()
def check_features(backbone: Backbone, original: Callable[[Tensor, bool], Tensor], images: Tensor) -> None:
    backbone.eval()
    features = backbone(images)
    assert features.shape == (NUM_IMAGES, backbone.feature_width)
    assert torch.equal(features, original(images, False))
    # In training too: dropped paths and all.
    backbone.train()
    torch.manual_seed(1)
    features = backbone(images)
    torch.manual_seed(1)
    assert torch.equal(features, original(images, True))


@torch.no_grad()
def check_stages(backbone: Backbone, images: Tensor) -> None:
    backbone.eval()
    size = backbone.num_stages
    assert 0 < size <= 14
    assert len(set(backbone.stage_names)) == size
    features = backbone(images)
    for depth in range(size + 1):
        middle = backbone.run(images, 0, depth)
        before = middle.clone()
        assert torch.equal(backbone.run(middle, depth, size), features)
        assert torch.equal(middle, before), "a stage wrote into its input, which may be a cached feature"


def check_digests(backbone: Backbone) -> None:
    size = backbone.num_stages
    depths = (0, 1, size - 1, size)
    digests = {depth: weights_digest(backbone, depth) for depth in depths}
    assert len(set(digests.values())) == len(set(depths))
    last = next(
        value for value in reversed(list(backbone.stages[-1].state_dict().values())) if value.is_floating_point()
    )
    with torch.no_grad():
        last.view(-1)[0] += 1
    assert weights_digest(backbone, size - 1) == digests[size - 1]
    assert weights_digest(backbone, size) != digests[size]


def check_freezing(backbone: Backbone, depth: int, images: Tensor) -> None:
    freeze(backbone, depth)
    assert backbone.freezing_depth == depth
    model = nn.Sequential(backbone, nn.Linear(backbone.feature_width, 2))
    before = [_copy(stage) for stage in backbone.stages]
    model.train()
    modes = [{module.training for module in stage.modules()} for stage in backbone.stages]
    assert modes == [{position >= depth} for position in range(backbone.num_stages)]
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, weight_decay=1e-2)
    nn.functional.cross_entropy(model(images), torch.tensor([0, 1, 1, 0])).backward()
    optimizer.step()
    for position, stage in enumerate(backbone.stages):
        gradients = [parameter.grad is not None for parameter in stage.parameters()]
        after = stage.state_dict()
        changed = [name for name, value in before[position].items() if not torch.equal(value, after[name])]
        if position < depth:
            assert not any(gradients)
            assert not changed, f"frozen stage {position}: {changed}"
        else:
            assert all(gradients)
            statistics = [name for name in after if name.endswith(("running_mean", "running_var"))]
            assert set(statistics) <= set(changed)
            assert set(changed) - set(statistics), f"stage {position} was not trained"
    trainable = {id(parameter) for parameter in trainable_parameters(backbone)}
    assert trainable == {id(p) for stage in backbone.stages[depth:] for p in stage.parameters()}
    optimizer.zero_grad(set_to_none=True)


def _copy(stage: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in stage.state_dict().items()}


def scramble(model: nn.Module) -> None:
    """Give every entry a value that shows when it is not loaded, normalisation statistics included."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if not value.is_floating_point():
                continue
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            else:
                value.add_(torch.randn_like(value), alpha=0.02)
