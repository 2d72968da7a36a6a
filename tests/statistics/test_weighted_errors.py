"""Errors of predicted numbers under weights are scikit-learn's, and arms are compared by them on the same resamples."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from study.statistics.bootstrap import score_interval
from study.statistics.estimates import Estimates
from study.statistics.paired import compare
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.statistics.weighted_errors import WEIGHTED_ERRORS
from study.values.metric_names import metrics_of
from study.values.target_kind import TargetKind

RNG = np.random.default_rng(0)
TARGETS = RNG.normal(1000, 3, 60)
VALUES = TARGETS + RNG.normal(0, 2, (3, 60))
INDEPENDENT = {
    "mse": mean_squared_error,
    "rmse": root_mean_squared_error,
    "mae": mean_absolute_error,
    "r2": r2_score,
}


@pytest.mark.parametrize("name", WEIGHTED_ERRORS)
def test_each_row_of_weights_gives_what_scikit_learn_gives(name):
    weights = RNG.multinomial(60, np.full(60, 1 / 60), size=4).astype(float)
    found = WEIGHTED_ERRORS[name](VALUES, TARGETS, weights)
    assert found.shape == (3, 4)
    for seed, values in enumerate(VALUES):
        for row, of_row in enumerate(weights):
            expected = INDEPENDENT[name](TARGETS, values, sample_weight=of_row)
            assert found[seed, row] == pytest.approx(expected, rel=1e-8)


def test_r2_of_a_target_that_does_not_vary_is_scikit_learns():
    weights = np.array([[1.0, 0.0, 2.0]])
    values, targets = np.array([[5.0, 1.0, 5.0], [5.0, 1.0, 6.0]]), np.array([5.0, 9.0, 5.0])
    assert WEIGHTED_ERRORS["r2"](values, targets, weights)[:, 0].tolist() == [1.0, 0.0]


def test_there_is_a_weighted_form_of_every_metric_of_regression_but_the_loss():
    assert set(WEIGHTED_ERRORS) == set(metrics_of(TargetKind.REGRESSION)) - {"loss"}


def test_an_interval_and_a_comparison_tell_a_better_arm():
    resamples = Resamples(num_examples=60, seed=1, num=500)
    good = resampled_scores(Estimates(VALUES, TARGETS), "mae", resamples)
    bad = resampled_scores(Estimates(VALUES + 4, TARGETS), "mae", resamples)
    interval = score_interval(good, np.random.default_rng(2))
    assert good.point == pytest.approx(np.abs(VALUES - TARGETS).mean())
    assert interval.low < good.point < interval.high
    assert compare(good, bad, np.random.default_rng(3)).verdict == "better"


def test_what_is_not_finite_or_of_other_lengths_is_refused():
    with pytest.raises(ValueError, match=r"seed positions \[1\]"):
        Estimates(np.where(np.arange(3)[:, None] == 1, np.nan, VALUES), TARGETS)
    with pytest.raises(ValueError, match=r"\(S, N\) and \(N,\) expected"):
        Estimates(VALUES, TARGETS[:-1])
