"""Trials on cached features against trials without a cache: the same metrics, whatever the backbone."""

from pathlib import Path

import pytest
import torch
from builders import plan
from parts.backbones.backbone_contract import scramble
from safetensors.torch import save_file
from torchvision import models

from study.learning.feature_cache import FeatureCache
from study.parts.backbones import list_backbones
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.spec import StudySpec

TOLERANCE = 1e-4
OWN = Path(__file__).parents[1] / "own"
TASKS = [{"name": target, "data": "parts.py:two_labels", "target": target, "limit": 100} for target in ("digit", "odd")]
QUICK = ["efficientnet_lite0", "squeezenet1_1"]
FAMILIES = [
    *QUICK,
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "swin_t",
    "vit_b_32",
]
IMAGE_SIZE = 32


@pytest.fixture(
    scope="module",
    params=[name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES],
)
def backbone(request, tmp_path_factory):
    """Return a backbone as a spec has it, with weights in a file, and materials that have read it once."""
    name = request.param
    whole = {"source": name, "name": name, "image_size": IMAGE_SIZE}
    if name != "efficientnet_lite0":  # which brings its weights
        torch.manual_seed(0)
        model = models.get_model(name, weights=None, **({"image_size": IMAGE_SIZE} if name.startswith("vit") else {}))
        scramble(model)
        weights = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
        save_file(model.state_dict(), weights)
        whole["weights"] = str(weights)
    materials = Materials()
    yield whole, materials
    if "weights" in whole:
        Path(whole["weights"]).unlink()


def planned(folder, backbone, protocol, depth):
    spec = StudySpec.model_validate({"name": "t", "protocols": [protocol], "backbones": [backbone], "tasks": TASKS})
    values = {"head_learning_rate": 1e-3, "backbone_learning_rate": 1e-4, "batch_size": 16, "dropout": 0.1}
    return plan(
        arm=build_arms(spec)[0],
        hyperparameters=Hyperparameters(freezing_depth=depth, optimizer="sgd", **values),
        epochs=2,
        root=str(OWN),
        cache_dir=str(folder),
    )


@pytest.mark.parametrize("protocol", ["fine_tuning", "shared_representation"])
def test_cached_and_uncached_trials_agree(backbone, protocol, tmp_path):
    whole, materials = backbone
    num_stages = materials.backbone(planned(tmp_path, whole, protocol, 1)).num_stages
    for depth in (num_stages // 2, num_stages):
        cached_plan = planned(tmp_path, whole, protocol, depth)
        cached = Trial(cached_plan, materials)
        assert isinstance(cached.learner.streams[0].inputs, FeatureCache)
        uncached = Trial(cached_plan.model_copy(update={"feature_cache_gib": 0.0}), materials)
        assert not isinstance(uncached.learner.streams[0].inputs, FeatureCache)
        for one, other in zip(cached.epochs(), uncached.epochs(), strict=True):
            assert one.metrics == pytest.approx(other.metrics, abs=TOLERANCE)


def test_every_family_is_covered():
    names = {name if name.startswith("efficientnet_lite") else f"torchvision:{name}" for name in FAMILIES}
    covered = {entry.family for entry in list_backbones() if entry.source in names}
    assert covered == {entry.family for entry in list_backbones() if entry.image_size is not None}
