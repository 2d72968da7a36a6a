"""Trials on a model of timm: on cached features as without, with nothing of it lost where it is copied."""

from pathlib import Path

import pytest
import timm
import torch
from builders import plan
from safetensors.torch import save_file
from test_trial import assert_close

from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.spec import StudySpec

OWN = Path(__file__).parents[1] / "own"


@pytest.mark.parametrize(("name", "depth"), [("resnet10t", 3), ("vit_tiny_patch16_224", 10)])
def test_cached_and_uncached_trials_agree(name, depth, tmp_path):
    torch.manual_seed(0)
    sized = {"img_size": 32} if name.startswith("vit") else {}
    save_file(timm.create_model(name, pretrained=False, **sized).state_dict(), tmp_path / "weights.safetensors")
    backbone = {"source": f"timm:{name}", "weights": str(tmp_path / "weights.safetensors"), "image_size": 32}
    tasks = [{"name": "digit", "data": "parts.py:two_labels", "target": "digit", "limit": 100}]
    arm = build_arms(StudySpec.model_validate({"name": "t", "backbones": [backbone], "tasks": tasks}))[0]
    values = {"head_learning_rate": 1e-3, "backbone_learning_rate": 1e-4, "batch_size": 16, "dropout": 0.1}
    hyperparameters = Hyperparameters(freezing_depth=depth, optimizer="sgd", **values)
    one = plan(arm=arm, hyperparameters=hyperparameters, epochs=1, root=str(OWN), cache_dir=str(tmp_path / "cache"))
    materials = Materials()
    other = one.model_copy(update={"feature_cache_gib": 0.0})
    assert_close(*([epoch.metrics for epoch in Trial(each, materials).epochs()] for each in (one, other)))
