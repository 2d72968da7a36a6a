"""Regression: the loss, its metrics and several models at once, against scikit-learn and torch."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from torch.nn.functional import mse_loss

from study.parts.objectives.regression import Regression, Scale
from study.parts.tasks.numbers import coded
from study.values.metric_names import metrics_of
from study.values.target_kind import TargetKind

NUMBERS = np.array([2000.5, 1990.25, 2010.0, 1980.0, np.nan, 2003.0])
LABELS = torch.from_numpy(coded(NUMBERS))
SCALE = Scale.of(coded(NUMBERS[:5]))
LABELLED = ~np.isnan(NUMBERS)


def outputs(seed=0):
    return torch.randn(6, 1, generator=torch.Generator().manual_seed(seed), requires_grad=True)


def test_the_scale_is_that_of_the_labelled_training_numbers():
    assert Scale(pytest.approx(np.nanmean(NUMBERS[:5])), pytest.approx(np.nanstd(NUMBERS[:5]))) == SCALE


def test_the_loss_is_the_squared_error_of_standardised_numbers_and_the_missing_has_no_gradient():
    given = outputs()
    loss = Regression(SCALE).loss(given, LABELS)
    standardised = torch.tensor((NUMBERS - SCALE.mean) / SCALE.std, dtype=torch.float32)[LABELLED]
    assert loss.item() == pytest.approx(mse_loss(given[LABELLED, 0], standardised).item(), rel=1e-6)
    (gradient,) = torch.autograd.grad(loss, given)
    assert gradient[4].item() == 0
    assert bool(gradient.isfinite().all())
    assert Regression(SCALE).loss(given[4:5], LABELS[4:5]).item() == 0


def test_metrics_are_those_of_scikit_learn_in_the_targets_unit_however_batched():
    given, objective = outputs(), Regression(SCALE)
    metrics = objective.new_metrics()
    for rows in ([0, 1], [2], [3, 4, 5]):
        metrics.update(given[rows], LABELS[rows])
    found = metrics.compute()
    assert set(found) == set(metrics_of(TargetKind.REGRESSION))
    predicted, truth = objective.predicted(given).detach()[:, 0].numpy()[LABELLED], NUMBERS[LABELLED]
    expected = {
        "mse": mean_squared_error(truth, predicted),
        "rmse": mean_squared_error(truth, predicted) ** 0.5,
        "mae": mean_absolute_error(truth, predicted),
        "r2": r2_score(truth, predicted),
        "loss": mean_squared_error(truth, predicted) / SCALE.std**2,
    }
    assert found == pytest.approx(expected, rel=1e-9)


def test_without_a_label_and_from_a_diverged_model_there_is_no_metric():
    nothing = Regression(SCALE).new_metrics()
    nothing.update(outputs().detach()[4:5], LABELS[4:5])
    diverged = Regression(SCALE).new_metrics()
    diverged.update(torch.full((6, 1), math.nan), LABELS)
    for metrics in (nothing, diverged):
        assert all(math.isnan(value) for value in metrics.compute().values())


def test_several_models_at_once_are_each_as_alone():
    objectives = [Regression(SCALE), Regression(SCALE)]
    stacked = Regression.stack(objectives)
    several = torch.stack([outputs(1), outputs(2)]).detach()
    losses = stacked.losses(several, torch.stack([LABELS, LABELS]))
    for objective, one, loss, measured in zip(
        objectives, several, losses, stacked.measure(several, LABELS), strict=True
    ):
        assert loss.item() == objective.loss(one, LABELS).item()
        metrics = objective.new_metrics()
        metrics.update(one, LABELS)
        assert measured == pytest.approx(metrics.compute(), rel=1e-12)
