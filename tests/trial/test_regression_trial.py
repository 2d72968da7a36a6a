"""Trials that predict a number: learned, packed, resumed and kept in the target's unit."""

import numpy as np
import pytest
import torch
from agreement import assert_packed
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error, r2_score
from test_trial import metrics, own_plan

from study.trial.assessment import assess, save_assessment
from study.trial.predictions import load_predictions
from study.trial.trial import Trial
from study.values.metric_names import Split, metrics_of
from study.values.plan import Purpose
from study.values.target_kind import TargetKind

TASKS = [{"name": "progression", "data": "diabetes", "kind": "regression"}]
MLP = {"source": "mlp", "weights": "none", "options": {"inputs": 10, "widths": [16]}}
MIXED = [
    {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
    {"name": "value", "data": "parts.py:two_labels", "target": "digit", "kind": "regression"},
]
"""The same labels, as classes and as numbers: through one backbone."""


def number_plan(tmp_path, **changes):
    return own_plan(tmp_path, **{"backbone": MLP, "tasks": TASKS, "depth": 0, "epochs": 5, **changes})


def test_a_number_is_learned_and_kept_in_its_own_unit(tmp_path):
    trial = Trial(number_plan(tmp_path, purpose=Purpose.ASSESSMENT))
    *_, last = trial.epochs()
    assert {name for name in last.metrics if name.startswith("validation/progression/")} == {
        f"validation/progression/{name}" for name in metrics_of(TargetKind.REGRESSION)
    }
    assert last.objective == last.metrics["validation/progression/r2"] > 0.3, "0 is the mean's"
    found = assess(trial)
    (tmp_path / "kept").mkdir()
    trial.save(tmp_path / "kept")
    save_assessment(tmp_path / "kept", found)
    test = next(one for one in load_predictions(tmp_path / "kept") if one.split is Split.TEST)
    truth = load_diabetes().target[test.examples]
    assert test.labels.tolist() == truth.tolist()
    assert found.scores["test/progression/mae"] == pytest.approx(mean_absolute_error(truth, test.logits[:, 0]))
    assert found.scores["test/progression/r2"] == pytest.approx(r2_score(truth, test.logits[:, 0]))


def test_an_interrupted_trial_goes_on_as_it_would_have(tmp_path):
    planned = number_plan(tmp_path, epochs=3)
    trial = Trial(planned)
    first = next(trial.epochs()).metrics
    trial.save(tmp_path)
    resumed = [epoch.metrics for epoch in Trial(planned.model_copy(update={"checkpoint": str(tmp_path)})).epochs()]
    assert [first, *resumed] == metrics(planned)


def test_classes_and_numbers_share_a_backbone_and_pack(tmp_path):
    values = [{"head_learning_rate": 0.01}, {"head_learning_rate": 0.03, "dropout": 0.3, "head_depth": 0}]
    planned = [
        own_plan(tmp_path, depth=3, protocol="shared_representation", tasks=MIXED, seed=seed, values=one)
        for seed, one in enumerate(values)
    ]
    assert_packed(planned, [metrics(plan) for plan in planned], 2e-4)


def test_a_classification_beside_a_regression_keeps_its_labels_and_classes(tmp_path):
    trial = Trial(own_plan(tmp_path, protocol="shared_representation", tasks=MIXED, purpose=Purpose.ASSESSMENT))
    list(trial.epochs())
    by_task = {one.task: one for one in assess(trial).predictions if one.split is Split.TEST}
    digits, values = by_task["digit"], by_task["value"]
    assert digits.labels.dtype == np.int64
    assert np.array_equal(digits.labels, values.labels)
    assert values.logits.shape == (len(digits.labels), 1)
    assert torch.from_numpy(values.logits).isfinite().all()
