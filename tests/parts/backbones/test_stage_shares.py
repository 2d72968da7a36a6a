from pathlib import Path

import pytest
from torch import nn

from study import Backbone, Preprocessing
from study.parts.backbones import build_architecture, stage_shares
from study.values.spec import BackboneSpec


def test_shares_are_those_of_operations_counted_by_hand():
    stages = [nn.Conv2d(3, 4, 3, padding=1), nn.Sequential(nn.Conv2d(4, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())]
    backbone = Backbone(stages, feature_width=8, preprocessing=Preprocessing(image_size=8))
    first, second = 8 * 8 * 4 * 3 * 9, 6 * 6 * 8 * 4 * 9
    assert stage_shares(backbone) == pytest.approx((first / (first + second), second / (first + second)))


def test_stages_of_which_no_operation_is_counted_are_alike():
    stages = [nn.ReLU(), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())]
    backbone = Backbone(stages, feature_width=3, preprocessing=Preprocessing(image_size=4))
    assert stage_shares(backbone) == (0.5, 0.5)


def test_a_published_architecture_needs_no_weights():
    shares = stage_shares(build_architecture(BackboneSpec(source="resnet18", image_size=32), root=Path()))
    # He et al., 2016, table 1: each of the four groups of blocks takes about as much; conv1 less.
    assert sum(shares) == pytest.approx(1)
    assert min(shares[1:]) > shares[0] > 0
