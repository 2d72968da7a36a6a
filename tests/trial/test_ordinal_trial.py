"""Trials on classes in an order: learned, cached, packed, resumed, few examples, scored on other data, and kept."""

import numpy as np
import pytest
from agreement import assert_agrees
from scipy.special import softmax
from sklearn.metrics import cohen_kappa_score
from test_trial import assert_close, metrics, own_plan

from study.statistics.median_class import median_class
from study.trial.assessment import assess, save_assessment
from study.trial.predictions import load_predictions
from study.trial.trial import Trial
from study.values.metric_names import Split, metrics_of
from study.values.plan import Purpose
from study.values.target_kind import TargetKind
from study.values.variant import FewShot

DIGIT = {"name": "digit", "data": "parts.py:two_labels", "target": "digit", "kind": "ordinal"}
OTHER = {"name": "more", "data": "parts.py:more_digits", "target": "digit"}
MIXED = [DIGIT, {"name": "odd", "data": "parts.py:two_labels", "target": "odd", "metric": "accuracy"}]


def ordinal_plan(tmp_path, **changes):
    return own_plan(tmp_path, **{"tasks": [DIGIT], **changes})


def test_an_order_is_learned_and_kept(tmp_path):
    tasks = [{**DIGIT, "out_of_distribution": [OTHER]}]
    values = {"head_learning_rate": 0.03, "backbone_learning_rate": 0.01}
    trial = Trial(ordinal_plan(tmp_path, tasks=tasks, epochs=12, purpose=Purpose.ASSESSMENT, values=values))
    *_, last = trial.epochs()
    assert {name.rpartition("/")[2] for name in last.metrics if name.startswith("validation/digit/")} == set(
        metrics_of(TargetKind.ORDINAL)
    )
    assert last.objective == last.metrics["validation/digit/quadratic_kappa"] > 0.5, "0 is chance's"
    found = assess(trial)
    [elsewhere] = found.out_of_distribution
    assert elsewhere.metrics["quadratic_kappa"] > 0.3
    (tmp_path / "kept").mkdir()
    trial.save(tmp_path / "kept")
    save_assessment(tmp_path / "kept", found)
    test = next(one for one in load_predictions(tmp_path / "kept") if one.split is Split.TEST)
    assert test.logits.shape == (len(test.labels), 10)
    assert test.classes == tuple("0123456789")
    told = median_class(softmax(test.logits.astype(np.float64), axis=1))
    kappa = cohen_kappa_score(test.labels, told, weights="quadratic")
    assert found.scores["test/digit/quadratic_kappa"] == pytest.approx(kappa)


@pytest.mark.parametrize("tasks", [[DIGIT], MIXED], ids=["alone", "with classes"])
def test_cached_resumed_and_packed_trials_agree(tmp_path, tasks):
    protocol = "shared_representation" if len(tasks) > 1 else "fine_tuning"
    planned, other = (
        ordinal_plan(tmp_path, tasks=tasks, depth=3, protocol=protocol, seed=seed, values=values)
        for seed, values in enumerate([{"label_smoothing": 0.1}, {"head_depth": 0, "dropout": 0.3}])
    )
    assert_agrees(planned, other, tmp_path)


def test_parts_of_a_mixed_batch_give_the_whole_batch(tmp_path):
    values = {"optimizer": "sgd", "dropout": 0.0, "mixup_alpha": 0.4, "class_weighting": "balanced"}
    whole = metrics(ordinal_plan(tmp_path, depth=2, values=values))
    assert_close(metrics(ordinal_plan(tmp_path, depth=2, values={**values, "accumulation_steps": 4})), whole)


def test_few_examples_are_so_many_of_each_class(tmp_path):
    planned = ordinal_plan(tmp_path, depth=3, purpose=Purpose.ASSESSMENT, variant=FewShot(examples_per_class=2))
    assert Trial(planned).learner.streams[0].train.numel() == 20
