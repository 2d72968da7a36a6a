"""Trials on rows of numbers: standardised by training rows alone, the same cached, resumed and shared."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_breast_cancer
from test_trial import assert_close, metrics, own_plan

from study.parts.backbones import build_backbone
from study.trial.assessment import assess
from study.trial.trial import Trial
from study.values.plan import Purpose

TASKS = [{"name": "diagnosis", "data": "breast_cancer"}]
MLP = {"source": "mlp", "weights": "none", "options": {"inputs": 30, "widths": [16, 8]}}


def table_plan(tmp_path, **changes):
    return own_plan(tmp_path, **{"backbone": MLP, "tasks": TASKS, "depth": 0, **changes})


def statistics(trial):
    return trial.model.backbone.stages[0][0].statistics


def test_rows_are_standardised_by_the_rows_trained_on_alone(tmp_path):
    rows = load_breast_cancer().data.astype(np.float32)
    trial = Trial(table_plan(tmp_path, epochs=1))
    train = trial.tasks[0].splits.train
    whole = {"batch_size": len(train)}
    trial = Trial(table_plan(tmp_path, epochs=1, values=whole))
    list(trial.epochs())
    assert statistics(trial).running_mean.numpy() == pytest.approx(rows[train].mean(axis=0), rel=1e-4)
    assert statistics(trial).running_var.numpy() == pytest.approx(rows[train].var(axis=0, ddof=1), rel=1e-3)


def test_a_trained_model_tells_the_classes_apart_and_test_says_so(tmp_path):
    trial = Trial(table_plan(tmp_path, epochs=4, purpose=Purpose.ASSESSMENT))
    list(trial.epochs())
    found = assess(trial)
    assert found.scores["test/diagnosis/balanced_accuracy"] > 0.9
    assert found.robustness == ()


def test_an_interrupted_trial_goes_on_as_it_would_have(tmp_path):
    planned = table_plan(tmp_path, epochs=3)
    trial = Trial(planned)
    epochs = trial.epochs()
    first = next(epochs).metrics
    trial.save(tmp_path)
    resumed = [epoch.metrics for epoch in Trial(planned.model_copy(update={"checkpoint": str(tmp_path)})).epochs()]
    assert [first, *resumed] == metrics(planned)


@pytest.mark.parametrize("depth", [1, 2])
def test_cached_and_uncached_features_agree(tmp_path, depth):
    donor = Trial(table_plan(tmp_path, epochs=2))
    list(donor.epochs())
    modules = donor.model.backbone.stages
    parts = {"standardize": modules[0][0], "layer1": modules[0][1], "layer2": modules[1][0]}
    state = {f"{name}.{key}": value for name, part in parts.items() for key, value in part.state_dict().items()}
    save_file(state, tmp_path / "mlp.safetensors")
    backbone = {**MLP, "weights": str(tmp_path / "mlp.safetensors")}
    cached = table_plan(tmp_path, backbone=backbone, depth=depth)
    assert_close(metrics(cached), metrics(cached.model_copy(update={"feature_cache_gib": 0.0})), 1e-6)
    assert torch.equal(build_backbone(cached.arm.backbone, root=tmp_path).stages[1][0].weight, modules[1][0].weight)


def test_tasks_of_one_table_share_the_layers(tmp_path):
    (tmp_path / "d.csv").write_text(
        "a,b,first,second\n" + "\n".join(f"{n % 7},{n % 5},{n % 7 > 3},{n % 5 > 2}" for n in range(140))
    )
    tasks = [{"name": name, "data": "table:d.csv", "target": name} for name in ("first", "second")]
    planned = table_plan(
        tmp_path, tasks=tasks, backbone={**MLP, "options": {"inputs": 2, "widths": [100, 50]}}, epochs=6,
        protocol="shared_representation", root=str(tmp_path),
    )  # fmt: skip
    trial = Trial(planned)
    *_, last = trial.epochs()
    assert len(trial.learner.streams) == 1
    assert min(last.metrics[f"validation/{task}/balanced_accuracy"] for task in ("first", "second")) > 0.95
