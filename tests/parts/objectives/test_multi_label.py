"""Loss of any number of labels, against torch: smoothed, weighted, with labels missing, of several models at once."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from study.parts.objectives.multi_label import MultiLabel
from study.parts.tasks.data import MISSING
from study.parts.tasks.label_sets import coded_sets, with_unknown

RNG = np.random.default_rng(1)
MATRIX = RNG.integers(0, 2, size=(40, 3))
LOGITS = torch.from_numpy(RNG.normal(size=(40, 3)))


def objective(matrix, **settings):
    codes, sets = coded_sets(matrix, what="labels")
    whole = {"label_smoothing": 0.0, **settings}
    return MultiLabel(torch.from_numpy(with_unknown(sets)), **whole), torch.from_numpy(codes)


def test_the_loss_is_torchs_where_all_is_known():
    one, labels = objective(MATRIX)
    assert one.loss(LOGITS, labels).item() == pytest.approx(
        binary_cross_entropy_with_logits(LOGITS, torch.from_numpy(MATRIX).double()).item()
    )


def test_present_labels_weigh_as_torchs_pos_weight():
    weights = torch.tensor([0.5, 3.0, 1.0], dtype=torch.float64)
    one, labels = objective(MATRIX, positive_weights=weights)
    wanted = binary_cross_entropy_with_logits(LOGITS, torch.from_numpy(MATRIX).double(), pos_weight=weights)
    assert one.loss(LOGITS, labels).item() == pytest.approx(wanted.item())


def test_smoothing_is_that_of_two_classes():
    one, labels = objective(MATRIX, label_smoothing=0.2)
    two_classes = torch.stack([torch.zeros_like(LOGITS), LOGITS], dim=-1).flatten(0, 1)
    wanted = cross_entropy(two_classes, torch.from_numpy(MATRIX).flatten(), label_smoothing=0.2)
    assert one.loss(LOGITS, labels).item() == pytest.approx(wanted.item())
    metrics = one.new_metrics()
    metrics.update(LOGITS, labels)
    assert metrics.compute()["loss"] == pytest.approx(wanted.item())


def test_an_example_counts_by_what_is_known_of_it():
    matrix = MATRIX.astype(float)
    matrix[:10, 0] = np.nan
    matrix[5] = np.nan
    one, labels = objective(matrix)
    assert (labels == MISSING).nonzero().flatten().tolist() == [5]
    logits = LOGITS.clone().requires_grad_()
    loss = one.loss(logits, labels)
    each = binary_cross_entropy_with_logits(LOGITS, torch.from_numpy(np.nan_to_num(matrix)), reduction="none")
    wanted = [each[n][~np.isnan(matrix[n])].mean().item() for n in range(40) if n != 5]
    assert loss.item() == pytest.approx(np.mean(wanted))
    loss.backward()
    assert not logits.grad[np.isnan(matrix)].any()
    assert one.loss(LOGITS, torch.full_like(labels, MISSING)).item() == 0
    # So that parts of a batch add up by their numbers of labelled examples.
    parts = 19 / 39 * one.loss(LOGITS[:20], labels[:20]) + 20 / 39 * one.loss(LOGITS[20:], labels[20:])
    assert parts.item() == pytest.approx(loss.item())


def test_several_models_at_once_give_what_each_gives():
    settings = (0.0, 0.3)
    alone = [objective(MATRIX, label_smoothing=one)[0] for one in settings]
    labels = objective(MATRIX)[1]
    outputs = torch.stack([LOGITS, LOGITS.flip(0)])
    stacked = MultiLabel.stack(alone)
    losses = stacked.losses(outputs, labels.expand(2, -1))
    assert losses.tolist() == pytest.approx(
        [one.loss(out, labels).item() for one, out in zip(alone, outputs, strict=True)]
    )
    for found, one, out in zip(stacked.measure(outputs, labels), alone, outputs, strict=True):
        metrics = one.new_metrics()
        metrics.update(out[:13], labels[:13])
        metrics.update(out[13:], labels[13:])
        assert found == pytest.approx(metrics.compute(), abs=1e-12)


def test_a_model_that_diverged_has_no_metrics_and_the_others_have():
    one, labels = objective(MATRIX)
    outputs = torch.stack([LOGITS, torch.full_like(LOGITS, math.nan)])
    fine, diverged = MultiLabel.stack([one, one]).measure(outputs, labels)
    assert all(math.isfinite(value) for value in fine.values())
    assert all(math.isnan(value) for value in diverged.values())
    assert all(math.isnan(value) for value in one.new_metrics().compute().values())
