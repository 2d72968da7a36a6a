import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, brier_score_loss, f1_score, log_loss
from torch.nn.functional import cross_entropy
from torchmetrics.functional.classification import multiclass_calibration_error

from study.parts.objectives.calibration import brier_score, expected_calibration_error
from study.parts.objectives.classification import Classification
from study.parts.tasks.data import MISSING
from study.values.metric_names import METRICS, metrics_of
from study.values.target_kind import TargetKind


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def measure(logits, labels, *, label_smoothing=0.0, cuts=()):
    """Return the metrics of logits told in batches that end at `cuts`."""
    metrics = Classification(logits.shape[1], label_smoothing=label_smoothing).new_metrics()
    for start, stop in zip((0, *cuts), (*cuts, len(logits)), strict=True):
        metrics.update(logits[start:stop], labels[start:stop])
    return metrics.compute()


def predictions(num, num_classes, *, seed, absent=(), missing=0.0):
    generator = np.random.default_rng(seed)
    present = [c for c in range(num_classes) if c not in absent]
    labels = generator.choice(present, size=num)
    logits = generator.normal(size=(num, num_classes)).astype(np.float32)
    logits[np.arange(num), labels] += 1.0
    labels[generator.random(num) < missing] = MISSING
    return torch.from_numpy(logits), torch.from_numpy(labels)


CASES = {
    "binary": (200, 2, {}),
    "many classes": (300, 12, {}),
    "a class absent from the labels": (120, 5, {"absent": (1, 4)}),
    "one class only": (40, 3, {"absent": (0, 2)}),
    "missing labels": (150, 4, {"missing": 0.4}),
    "one example": (1, 3, {}),
}


@pytest.mark.parametrize(("num", "num_classes", "how"), CASES.values(), ids=CASES.keys())
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_metrics_are_those_of_scikit_learn(num, num_classes, how):
    logits, labels = predictions(num, num_classes, seed=num, **how)
    got = measure(logits, labels)
    assert set(got) == set(metrics_of(TargetKind.CLASSIFICATION))

    known = labels != MISSING
    truth, scores = labels[known].numpy(), logits[known].double()
    probabilities = scores.softmax(1).numpy()
    predicted = probabilities.argmax(1)
    classes = list(range(num_classes))
    assert got["accuracy"] == pytest.approx(accuracy_score(truth, predicted))
    assert got["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(truth, predicted))
    assert got["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert got["nll"] == pytest.approx(log_loss(truth, probabilities, labels=classes), rel=1e-9)
    brier = brier_score_loss(truth, probabilities, labels=classes, scale_by_half=False)
    assert got["brier"] == pytest.approx(brier, rel=1e-9)
    assert got["loss"] == pytest.approx(got["nll"], rel=1e-12)
    assert all(METRICS[name].lower <= value <= METRICS[name].upper for name, value in got.items())


def test_calibration_error_is_torchmetrics_where_no_confidence_is_on_an_edge():
    logits, labels = predictions(500, 6, seed=3)
    probabilities = logits.double().softmax(1)
    expected = multiclass_calibration_error(probabilities, labels, num_classes=6, n_bins=15, norm="l1")
    assert measure(logits, labels)["ece"] == pytest.approx(expected.item(), rel=1e-6)


def test_calibration_error_by_hand():
    # Confidence .9 four times, right 3 of 4; .6 once, wrong: 4/5 * |.75 - .9| + 1/5 * |0 - .6|.
    probabilities = torch.tensor([[0.9, 0.1]] * 4 + [[0.6, 0.4]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 0, 1, 1])
    assert expected_calibration_error(probabilities, labels).item() == pytest.approx(0.24)


def test_certainty_shares_the_last_bin_of_confidence():
    # Right with .95 and wrong with 1: one bin of accuracy .5 and confidence .975.
    probabilities = torch.tensor([[0.95, 0.05], [1.0, 0.0]], dtype=torch.float64)
    assert expected_calibration_error(probabilities, torch.tensor([0, 1])).item() == pytest.approx(0.475)


def test_brier_score_spans_its_range():
    sure = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    assert brier_score(sure, torch.tensor([0])).item() == 0
    assert brier_score(sure, torch.tensor([1])).item() == 2


def test_loss_is_the_objectives_label_smoothing_included():
    logits, labels = predictions(90, 4, seed=5, missing=0.2)
    got = measure(logits, labels, label_smoothing=0.3, cuts=(7, 60))
    known = labels != MISSING
    expected = cross_entropy(logits[known].double(), labels[known], label_smoothing=0.3)
    assert got["loss"] == pytest.approx(expected.item(), rel=1e-12)
    assert got["loss"] > got["nll"]


@settings(max_examples=40, deadline=None)
@given(data=st.data(), num=st.integers(1, 60), num_classes=st.integers(2, 5), seed=st.integers(0, 2**16))
def test_batching_makes_no_difference_to_the_last_bit(data, num, num_classes, seed):
    logits, labels = predictions(num, num_classes, seed=seed, missing=0.2)
    cuts = data.draw(st.lists(st.integers(0, num), max_size=6).map(sorted))
    whole = measure(logits, labels, label_smoothing=0.1)
    parts = measure(logits, labels, label_smoothing=0.1, cuts=cuts)
    assert parts == pytest.approx(whole, rel=0, abs=0, nan_ok=True)


def test_a_right_answer_of_extreme_logits_costs_nothing_and_a_wrong_one_stays_finite():
    logits = torch.tensor([[1e4, -1e4], [1e4, -1e4]])
    got = measure(logits, torch.tensor([0, 1]))
    assert got["nll"] == pytest.approx(1e4)
    assert got["brier"] == pytest.approx(1.0)
    assert got["ece"] == pytest.approx(0.5)


@pytest.mark.parametrize("labels", [[MISSING, MISSING], []], ids=["all labels missing", "no examples"])
def test_with_nothing_to_measure_nothing_is_known(labels):
    got = measure(torch.zeros(len(labels), 3), torch.tensor(labels, dtype=torch.int64))
    assert set(got) == set(metrics_of(TargetKind.CLASSIFICATION))
    assert all(math.isnan(value) for value in got.values())
    assert all(math.isnan(value) for value in Classification(3, label_smoothing=0).new_metrics().compute().values())


def test_a_model_that_has_diverged_gets_no_accuracy():
    logits = torch.zeros(4, 2)
    logits[2] = math.nan
    assert all(math.isnan(value) for value in measure(logits, torch.tensor([0, 0, 0, 1])).values())


def test_half_precision_logits_are_measured_in_full():
    logits, labels = predictions(64, 3, seed=8)
    rounded = logits.to(torch.bfloat16)
    assert measure(rounded, labels) == measure(rounded.float(), labels)
