"""Freezing beyond what the contract checks."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from study.parts.backbones import Backbone, build_backbone, freeze, trainable_parameters
from study.values.spec import BackboneSpec


@pytest.fixture
def backbone(tmp_path: Path) -> Backbone:
    torch.manual_seed(0)
    return build_backbone(BackboneSpec(source="squeezenet1_1", weights="none"), root=tmp_path)


@pytest.mark.parametrize("depth", [-1, 10])
def test_depth_outside_the_stages_is_refused(backbone: Backbone, depth: int) -> None:
    with pytest.raises(ValueError, match=rf"freezing depth {depth} of a backbone with 9 stages"):
        freeze(backbone, depth)


def test_a_smaller_depth_unfreezes(backbone: Backbone) -> None:
    backbone.train()
    freeze(backbone, 9)
    assert trainable_parameters(backbone) == []
    freeze(backbone, 2)
    assert [stage.training for stage in backbone.stages] == [False] * 2 + [True] * 7


def test_frozen_stages_stay_so_in_copies_and_parents(backbone: Backbone) -> None:
    freeze(backbone, 3)
    parent = nn.ModuleDict({"model": nn.Sequential(copy.deepcopy(backbone), nn.Linear(512, 2))})
    parent.eval()
    parent.train()
    inner = parent["model"][0]
    assert [stage.training for stage in inner.stages] == [False] * 3 + [True] * 6


def test_parameters_shared_by_a_frozen_and_a_trained_stage_are_frozen(backbone: Backbone) -> None:
    backbone.stages[1] = backbone.stages[2]
    freeze(backbone, 2)
    assert not any(parameter.requires_grad for parameter in backbone.stages[2].parameters())
