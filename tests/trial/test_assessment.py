"""An assessment opens test once and keeps what it predicted, example by example."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from test_trial import own_plan

from study.parts.corruptions import CORRUPTIONS
from study.trial.assessment import assess
from study.trial.predictions import FILE, load_predictions, save_predictions
from study.trial.robustness import load_robustness, save_robustness
from study.trial.trial import Trial
from study.values.metric_names import Split
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.scoring import SelectionRule


@pytest.fixture
def trained(tmp_path):
    planned = own_plan(tmp_path, protocol="shared_representation", purpose=Purpose.ASSESSMENT)
    trial = Trial(planned)
    *_, last = trial.epochs()
    return trial, last


def test_scores_and_predictions_are_of_the_same_examples(trained):
    trial, last = trained
    assessment = assess(trial)
    found = {(one.split, one.task): one for one in assessment.predictions}
    assert found.keys() == {(split, task) for split in (Split.VALIDATION, Split.TEST) for task in ("digit", "odd")}
    for task in trial.tasks:
        for split, expected in ((Split.TEST, assessment.scores), (Split.VALIDATION, last.metrics)):
            one = found[split, task.name]
            assert (one.labels == task.labels[one.examples]).all()
            assert (one.examples == (task.splits.test if split is Split.TEST else task.splits.validation)).all()
            probabilities = torch.from_numpy(one.logits).double().softmax(-1).numpy()
            accuracy = accuracy_score(one.labels, probabilities.argmax(-1))
            assert accuracy == pytest.approx(expected[f"{split.value}/{task.name}/accuracy"])
            nll = log_loss(one.labels, probabilities, labels=range(task.output_width))
            assert nll == pytest.approx(expected[f"{split.value}/{task.name}/nll"], abs=1e-5)


def test_predictions_come_back_as_they_were_written(trained, tmp_path):
    trial, _ = trained
    written = assess(trial).predictions
    save_predictions(tmp_path, written)
    read = {(one.split, one.task): one for one in load_predictions(tmp_path)}
    assert len(read) == len(written) == 4
    for one in written:
        again = read[one.split, one.task]
        for name in ("examples", "logits", "labels"):
            np.testing.assert_array_equal(getattr(again, name), getattr(one, name))
        assert again.classes == one.classes
    assert read[Split.TEST, "digit"].classes == tuple("0123456789")


def test_corrupted_test_images_are_scored_the_same_way_every_time(tmp_path):
    planned = own_plan(tmp_path, protocol="shared_representation", purpose=Purpose.ASSESSMENT, robustness=True)
    once, again = (trained_whole(planned) for _ in range(2))
    assert once.robustness == again.robustness
    assert len(once.robustness) == 2 * len(CORRUPTIONS) * 5
    assert {one.task for one in once.robustness} == {"digit", "odd"}
    clean = once.scores["test/digit/balanced_accuracy"]
    noisy = {one.severity: one.score for one in once.robustness if (one.task, one.corruption) == ("digit", "pixelate")}
    assert noisy[5] < clean
    save_robustness(tmp_path, once.robustness)
    assert load_robustness(tmp_path) == list(once.robustness)
    assert load_robustness(tmp_path / "elsewhere") == []
    assert trained_whole(planned.model_copy(update={"robustness": False})).robustness == ()


def trained_whole(planned):
    trial = Trial(planned)
    list(trial.epochs())
    return assess(trial)


def test_a_folder_without_predictions_is_named(tmp_path):
    with pytest.raises(InputError, match=f"{FILE} is missing"):
        load_predictions(tmp_path)


def test_under_the_rule_best_epoch_the_best_epochs_weights_are_assessed_also_after_a_checkpoint(tmp_path):
    # A rate so large that later epochs are worse than the best one.
    changes = {"values": {"head_learning_rate": 0.3, "backbone_learning_rate": 0.3, "schedule": "constant"}}
    planned = own_plan(tmp_path, epochs=6, purpose=Purpose.ASSESSMENT, selection=SelectionRule.BEST_EPOCH, **changes)
    trial = Trial(planned)
    records = list(trial.epochs())
    best = max(record.objective for record in records)
    assert best > records[-1].objective
    assert validation_accuracy(assess(trial)) == pytest.approx(best)

    interrupted = Trial(planned)
    epochs = interrupted.epochs()
    for _ in range(5):
        next(epochs)
    interrupted.save(tmp_path / "saved")
    resumed = Trial(planned.model_copy(update={"checkpoint": str(tmp_path / "saved")}))
    assert len(list(resumed.epochs())) == 1
    assert validation_accuracy(assess(resumed)) == pytest.approx(best)

    last = Trial(planned.model_copy(update={"selection": SelectionRule.LAST_EPOCH}))
    assert len(list(last.epochs())) == 6
    assert validation_accuracy(assess(last)) == pytest.approx(records[-1].objective)


def validation_accuracy(assessment):
    [one] = [one for one in assessment.predictions if one.split is Split.VALIDATION]
    return balanced_accuracy_score(one.labels, one.logits.argmax(-1))
