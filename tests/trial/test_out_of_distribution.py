"""An assessed model is scored on data from elsewhere as on test, and on nothing that it was trained on."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from test_trial import TASKS, own_plan

from study.trial.assessment import assess
from study.trial.out_of_distribution import FILE, load_out_of_distribution, save_out_of_distribution
from study.trial.trial import Trial
from study.values.metric_names import metrics_of
from study.values.plan import Purpose
from study.values.target_kind import TargetKind
from study.values.variant import FewShot

LATER = {"name": "later", "data": "parts.py:more_digits"}
FEW = {"name": "few", "data": "parts.py:more_digits", "limit": 50}


def trained(planned):
    trial = Trial(planned)
    list(trial.epochs())
    return trial


def test_scores_are_those_of_the_models_predictions(tmp_path):
    tasks = [{**TASKS[0], "out_of_distribution": [LATER, FEW]}, TASKS[1]]
    changes = {"purpose": Purpose.ASSESSMENT, "protocol": "shared_representation", "tasks": tasks, "epochs": 4}
    trial = trained(own_plan(tmp_path, **changes))
    later, few = assess(trial).out_of_distribution
    assert (later.task, later.data, later.num_examples) == ("digit", "later", 300)
    assert (few.task, few.data, few.num_examples) == ("digit", "few", 50)
    assert set(later.metrics) == set(metrics_of(TargetKind.CLASSIFICATION))

    digits = load_digits()
    pixels = torch.from_numpy((digits.images[600:900] * 255 / 16).astype(np.uint8)).unsqueeze(1).repeat(1, 3, 1, 1)
    with torch.inference_mode():
        images = trial.model.backbone.preprocessing.standardize(pixels.float() / 255)
        predicted = trial.model.eval()(images)[0].argmax(dim=-1).numpy()
    assert later.metrics["accuracy"] == pytest.approx(accuracy_score(digits.target[600:900], predicted))
    expected = balanced_accuracy_score(digits.target[600:900], predicted)
    assert later.metrics["balanced_accuracy"] == pytest.approx(expected)
    assert expected > 0.2, "chance is 0.1"
    of_later, of_few = assess(trial).elsewhere
    assert (of_later.task, of_few.task) == ("digit/later", "digit/few")
    assert (of_later.logits.argmax(axis=1) == predicted).all()
    assert (of_later.labels == digits.target[600:900]).all()
    assert len(of_few.examples) == 50


def test_it_has_no_part_in_training_and_few_shots_are_not_scored_on_it(tmp_path):
    plain = own_plan(tmp_path, purpose=Purpose.ASSESSMENT)
    with_other = own_plan(tmp_path, purpose=Purpose.ASSESSMENT, tasks=[{**TASKS[0], "out_of_distribution": [LATER]}])
    one, other = assess(trained(plain)), assess(trained(with_other))
    assert one.out_of_distribution == ()
    assert one.scores == other.scores
    few = with_other.model_copy(update={"variant": FewShot(examples_per_class=2)})
    assert assess(trained(few)).out_of_distribution == ()


def test_scores_come_back_as_they_were_written(tmp_path):
    planned = own_plan(tmp_path, purpose=Purpose.ASSESSMENT, tasks=[{**TASKS[0], "out_of_distribution": [LATER]}])
    scores = assess(trained(planned)).out_of_distribution
    save_out_of_distribution(tmp_path, scores)
    assert (tmp_path / FILE).is_file()
    assert load_out_of_distribution(tmp_path) == list(scores)
    assert load_out_of_distribution(tmp_path / "elsewhere") == []
