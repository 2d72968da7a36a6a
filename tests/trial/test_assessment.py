"""An assessment opens test once and keeps what it predicted, example by example."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss
from test_trial import own_plan

from study.trial.assessment import assess
from study.trial.predictions import FILE, load_predictions, save_predictions
from study.trial.trial import Trial
from study.values.metric_names import Split
from study.values.plan import Purpose
from study.values.problems import InputError


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


def test_a_folder_without_predictions_is_named(tmp_path):
    with pytest.raises(InputError, match=f"{FILE} is missing"):
        load_predictions(tmp_path)
