"""Trials on any number of labels: learned, cached, packed, resumed, weighted and kept by label."""

from importlib.util import find_spec

import numpy as np
import pytest
from agreement import assert_agrees
from sklearn.metrics import average_precision_score, f1_score
from test_trial import OWN, assert_close, metrics, own_plan

from study.parts.tasks.label_sets import decoded_sets
from study.parts.tasks.loading import load_data
from study.trial.assessment import assess, save_assessment
from study.trial.predictions import load_predictions
from study.trial.trial import Trial
from study.values.metric_names import Split, metrics_of
from study.values.plan import Purpose
from study.values.target_kind import TargetKind

YEAST = [{"name": "functions", "data": "yeast", "kind": "multi_label", "limit": 600}]
MLP = {"source": "mlp", "weights": "none", "options": {"inputs": 103, "widths": [16]}}
FEATURES = '''

def features():
    """Digits, and whether they are odd, large, divisible by 3: a fifth of that is not known."""
    images, labels = two_labels()
    digit = labels["digit"]
    entries = np.stack([digit % 2 == 1, digit > 4, digit % 3 == 0], axis=1).astype(float)
    entries[np.random.default_rng(0).random(entries.shape) < 0.2] = np.nan
    columns = dict(zip(["odd", "large", "third"], entries.T))
    return images, {"matrix": entries, "digit": digit, **columns}
'''
MATRIX = {"name": "features", "data": "parts.py:features", "kind": "multi_label", "target": "matrix"}
COLUMNS = {"name": "features", "data": "parts.py:features", "kind": "multi_label", "labels": ["odd", "large", "third"]}
DIGIT = {"name": "digit", "data": "parts.py:features", "target": "digit"}


def feature_plan(tmp_path, *, tasks=(COLUMNS,), **changes):
    (tmp_path / "parts.py").write_text((OWN / "parts.py").read_text() + FEATURES)
    protocol = "shared_representation" if len(tasks) > 1 else "fine_tuning"
    return own_plan(tmp_path, tasks=list(tasks), root=str(tmp_path), protocol=protocol, **changes)


@pytest.mark.skipif(find_spec("river") is None, reason="the package needs Python 3.11")
def test_labels_of_genes_are_learned_and_kept(tmp_path):
    trial = Trial(own_plan(tmp_path, backbone=MLP, tasks=YEAST, depth=0, epochs=8, purpose=Purpose.ASSESSMENT))
    first, *_, last = trial.epochs()
    assert {name for name in last.metrics if name.startswith("validation/functions/")} == {
        f"validation/functions/{name}" for name in metrics_of(TargetKind.MULTI_LABEL)
    }
    by_chance = trial.tasks[0].readable(trial.tasks[0].labels).clip(min=0).mean()
    assert last.objective == last.metrics["validation/functions/mean_average_precision"] > by_chance + 0.05
    assert last.metrics["validation/functions/loss"] < first.metrics["validation/functions/loss"]
    found = assess(trial)
    (tmp_path / "kept").mkdir()
    trial.save(tmp_path / "kept")
    save_assessment(tmp_path / "kept", found)
    test = next(one for one in load_predictions(tmp_path / "kept") if one.split is Split.TEST)
    whole = load_data("yeast", {}, [None], root=tmp_path).labels["functions"]
    truth = decoded_sets(whole.values, whole.sets)[test.examples]
    assert np.array_equal(test.labels, truth)
    assert test.classes[0] == "Class1"
    assert found.scores["test/functions/micro_f1"] == pytest.approx(f1_score(truth, test.logits > 0, average="micro"))
    present = truth.any(axis=0)
    assert found.scores["test/functions/mean_average_precision"] == pytest.approx(
        average_precision_score(truth[:, present], test.logits[:, present])
    )


@pytest.mark.parametrize("tasks", [[COLUMNS], [MATRIX], [COLUMNS, DIGIT]], ids=["columns", "matrix", "with a class"])
def test_cached_resumed_and_packed_trials_agree_with_labels_that_are_not_known(tmp_path, tasks):
    planned = feature_plan(tmp_path, tasks=tasks, depth=3, values={"label_smoothing": 0.1})
    other = feature_plan(tmp_path, tasks=tasks, depth=3, seed=5, values={"head_depth": 0})
    assert_agrees(planned, other, tmp_path)


def test_columns_and_a_matrix_are_the_same_task(tmp_path):
    one, other = (Trial(feature_plan(tmp_path, tasks=[task])).tasks[0] for task in (COLUMNS, MATRIX))
    assert np.array_equal(one.readable(one.labels), other.readable(other.labels))
    assert one.classes == ("odd", "large", "third")
    assert other.classes == ("0", "1", "2")


def test_parts_of_a_mixed_batch_give_the_whole_batch(tmp_path):
    values = {"optimizer": "sgd", "dropout": 0.0, "mixup_alpha": 0.4}
    whole = metrics(feature_plan(tmp_path, depth=2, values=values))
    assert_close(metrics(feature_plan(tmp_path, depth=2, values={**values, "accumulation_steps": 4})), whole)


def test_balanced_labels_are_found_more_often(tmp_path):
    rare = {**COLUMNS, "labels": ["third", "odd"]}
    weights = {}
    for weighting in ("none", "balanced"):
        trial = Trial(feature_plan(tmp_path, tasks=[rare], depth=3, values={"class_weighting": weighting}))
        weights[weighting] = trial.learner.objectives[0]._positive_weights
    task = trial.tasks[0]
    entries = task.readable(task.labels)[task.splits.train]
    assert weights["none"] is None
    assert weights["balanced"].tolist() == pytest.approx(((entries == 0).sum(0) / (entries == 1).sum(0)).tolist())
