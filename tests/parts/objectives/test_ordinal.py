"""Loss of classes in an order, against CORN as its paper has it: probabilities, smoothing, weights, several models."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, cohen_kappa_score, mean_absolute_error
from torch.nn.functional import binary_cross_entropy_with_logits

from study.parts.objectives.ordinal import Ordinal, class_log_probabilities
from study.parts.tasks.data import MISSING
from study.values.metric_names import metrics_of
from study.values.target_kind import TargetKind

RNG = np.random.default_rng(3)
K = 4
OUTPUTS = torch.from_numpy(RNG.normal(size=(50, K - 1)) * 2)
LABELS = torch.from_numpy(RNG.integers(0, K, size=50))


def corn(outputs, labels):
    """Return CORN's loss as the sum over its conditional training subsets, and how many pairs they hold."""
    total, pairs = 0.0, 0
    for k in range(K - 1):
        subset = labels > k - 1
        above = (labels[subset] > k).double()
        total += binary_cross_entropy_with_logits(outputs[subset, k], above, reduction="sum")
        pairs += int(subset.sum())
    return total, pairs


def objective(**settings):
    return Ordinal(K, **{"label_smoothing": 0.0, **settings})


def test_the_loss_is_corns_by_example():
    outputs = OUTPUTS.clone().requires_grad_()
    loss = objective().loss(outputs, LABELS)
    total, pairs = corn(outputs, LABELS)
    assert loss.item() == pytest.approx(total.item() / 50)
    [found], [wanted] = torch.autograd.grad(loss, outputs), torch.autograd.grad(total / pairs, outputs)
    torch.testing.assert_close(found, wanted * pairs / 50)


def test_probabilities_of_classes_sum_to_one_and_those_of_being_above_fall():
    probabilities = class_log_probabilities(OUTPUTS).exp()
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(50, dtype=torch.float64))
    above = torch.stack([torch.sigmoid(OUTPUTS[:, : k + 1]).prod(dim=1) for k in range(K - 1)], dim=1)
    torch.testing.assert_close(1 - probabilities.cumsum(dim=1)[:, :-1], above)
    assert class_log_probabilities(torch.full((1, 3), 1e4)).isfinite().all()
    assert (above.diff(dim=1) <= 0).all()


def test_examples_without_a_label_take_no_part():
    labels = LABELS.clone()
    labels[10:] = MISSING
    outputs = OUTPUTS.clone().requires_grad_()
    loss = objective().loss(outputs, labels)
    assert loss.item() == pytest.approx(objective().loss(OUTPUTS[:10], LABELS[:10]).item())
    loss.backward()
    assert not outputs.grad[10:].any()
    assert objective().loss(OUTPUTS, torch.full_like(LABELS, MISSING)).item() == 0


def test_smoothing_and_weights_are_those_of_classes():
    surprise = -class_log_probabilities(OUTPUTS)
    own = surprise[torch.arange(50), LABELS]
    smoothed = objective(label_smoothing=0.1).loss(OUTPUTS, LABELS)
    assert smoothed.item() == pytest.approx((0.9 * own + 0.1 * surprise.mean(dim=1)).mean().item())
    weights = torch.tensor([2.0, 0.5, 1.0, 4.0], dtype=torch.float64)
    assert objective(class_weights=weights).loss(OUTPUTS, LABELS).item() == pytest.approx(
        (own * weights[LABELS]).mean().item()
    )


def test_metrics_are_of_the_class_counted_from_probabilities_above_a_half():
    metrics = objective(label_smoothing=0.2).new_metrics()
    metrics.update(OUTPUTS[:20], LABELS[:20])
    metrics.update(OUTPUTS[20:], LABELS[20:])
    found = metrics.compute()
    told = (torch.sigmoid(OUTPUTS).cumprod(dim=1) > 0.5).sum(dim=1).numpy()
    assert tuple(found) == metrics_of(TargetKind.ORDINAL)
    assert found["accuracy"] == accuracy_score(LABELS, told)
    assert found["class_mae"] == pytest.approx(mean_absolute_error(LABELS, told))
    assert found["quadratic_kappa"] == pytest.approx(cohen_kappa_score(LABELS, told, weights="quadratic"))
    assert found["nll"] == pytest.approx(objective().loss(OUTPUTS, LABELS).item())
    assert found["loss"] == pytest.approx(objective(label_smoothing=0.2).loss(OUTPUTS, LABELS).item())


def test_several_models_at_once_give_what_each_gives():
    alone = [objective(label_smoothing=one) for one in (0.0, 0.3)]
    outputs = torch.stack([OUTPUTS, OUTPUTS.flip(0)])
    stacked = Ordinal.stack(alone)
    losses = [one.loss(out, LABELS).item() for one, out in zip(alone, outputs, strict=True)]
    assert stacked.losses(outputs, LABELS.expand(2, -1)).tolist() == pytest.approx(losses)
    for found, one, out in zip(stacked.measure(outputs, LABELS), alone, outputs, strict=True):
        metrics = one.new_metrics()
        metrics.update(out, LABELS)
        assert found == pytest.approx(metrics.compute(), abs=1e-12)


def test_a_model_that_diverged_has_no_metrics_and_the_others_have():
    outputs = torch.stack([OUTPUTS, torch.full_like(OUTPUTS, math.nan)])
    fine, diverged = Ordinal.stack([objective()] * 2).measure(outputs, LABELS)
    assert all(math.isfinite(value) for value in fine.values())
    assert all(math.isnan(value) for value in diverged.values())
    assert all(math.isnan(value) for value in objective().new_metrics().compute().values())
