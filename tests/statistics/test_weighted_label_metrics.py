"""Metrics of any number of labels, against scikit-learn: plain, under weights, and with labels that are not known."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, hamming_loss, label_ranking_loss, log_loss

from study.statistics.average_precision import average_precision
from study.statistics.label_scores import LabelScores
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.statistics.weighted_label_metrics import WEIGHTED_LABEL_METRICS
from study.values.metric_names import metrics_of
from study.values.target_kind import TargetKind

RNG = np.random.default_rng(0)
# Rounded, so that there are ties.
LOGITS = RNG.normal(size=(3, 60, 5)).round(1)
ENTRIES = (RNG.random((60, 5)) < [0.5, 0.1, 0.3, 0.8, 0.4]).astype(np.int8)
WEIGHTS = np.vstack([np.ones(60), RNG.integers(0, 4, size=(4, 60))])

BY_SCIKIT_LEARN = {
    "macro_f1": lambda y, s, w: f1_score(y, s > 0, average="macro", sample_weight=w),
    "micro_f1": lambda y, s, w: f1_score(y, s > 0, average="micro", sample_weight=w),
    "subset_accuracy": lambda y, s, w: np.average((y == (s > 0)).all(axis=1), weights=w),
    "hamming_loss": lambda y, s, w: hamming_loss(y, s > 0, sample_weight=w),
    "mean_average_precision": lambda y, s, w: average_precision_score(y, s, average="macro", sample_weight=w),
    "ranking_loss": lambda y, s, w: label_ranking_loss(y, s, sample_weight=w),
    "nll": lambda y, s, w: np.mean(
        [log_loss(y[:, k], 1 / (1 + np.exp(-s[:, k])), sample_weight=w) for k in range(y.shape[1])]
    ),
}


def test_every_metric_of_labels_has_one():
    assert {"loss", *WEIGHTED_LABEL_METRICS} == set(metrics_of(TargetKind.MULTI_LABEL))


@pytest.mark.parametrize("name", WEIGHTED_LABEL_METRICS)
def test_metrics_are_scikit_learns_whatever_examples_weigh(name):
    found = WEIGHTED_LABEL_METRICS[name](LOGITS, ENTRIES, WEIGHTS)
    expected = [[BY_SCIKIT_LEARN[name](ENTRIES, of_seed, weights) for weights in WEIGHTS] for of_seed in LOGITS]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", WEIGHTED_LABEL_METRICS)
def test_what_is_not_known_takes_no_part(name):
    entries = ENTRIES.copy()
    entries[RNG.random(entries.shape) < 0.2] = -1
    entries[0] = [1, 0, 1, 0, -1]
    metric = WEIGHTED_LABEL_METRICS[name]
    found = metric(LOGITS, entries, WEIGHTS)
    others = np.where(entries == -1, 50 * RNG.normal(size=LOGITS.shape), LOGITS)
    np.testing.assert_array_equal(metric(others, entries, WEIGHTS), found)
    # One example with one label fewer is that example without the label.
    first, fewer = metric(LOGITS[:, :1], entries[:1], np.ones((1, 1))), (LOGITS[:, :1, :4], entries[:1, :4])
    np.testing.assert_allclose(first, metric(*fewer, np.ones((1, 1))))


def test_a_label_that_is_nowhere_present_has_no_average_precision_and_counts_for_f1_only_where_predicted():
    entries = np.array([[1, 0], [0, 0], [1, 0]], dtype=np.int8)
    logits = np.array([[[2.0, -1.0], [-3.0, -1.0], [1.0, -1.0]]])
    alike = np.ones((1, 3))
    assert WEIGHTED_LABEL_METRICS["mean_average_precision"](logits, entries, alike).item() == 1
    assert WEIGHTED_LABEL_METRICS["macro_f1"](logits, entries, alike).item() == 1
    assert WEIGHTED_LABEL_METRICS["macro_f1"](logits + np.array([0, 5]), entries, alike).item() == 0.5
    assert np.isnan(average_precision(np.arange(3.0), np.zeros(3, dtype=bool), alike)).all()


def test_scores_are_resampled_by_example():
    predictions = LabelScores(LOGITS, ENTRIES)
    scores = resampled_scores(predictions, "mean_average_precision", Resamples(num_examples=60, seed=1, num=20))
    assert scores.by_seed == pytest.approx([average_precision_score(ENTRIES, one, average="macro") for one in LOGITS])
    assert scores.resampled.shape == (3, 20)
    assert (scores.resampled.std(axis=1) > 0.01).all()


def test_what_are_no_scores_is_refused():
    for logits, entries, told in (
        (LOGITS, ENTRIES[:5], r"\(S, N, L\) and \(N, L\) expected"),
        (np.full_like(LOGITS, np.nan), ENTRIES, r"seed positions \[0, 1, 2\]"),
        (LOGITS, ENTRIES + 1, "-1, 0 and 1 allowed"),
    ):
        with pytest.raises(ValueError, match=told):
            LabelScores(logits, entries)


@pytest.mark.parametrize("name", ["mean_average_precision", "macro_f1"])
def test_resamples_without_any_label_present_leave_intervals_and_pairs_whole(name):
    random = np.random.default_rng(0)
    entries = np.zeros((40, 2), np.int8)
    entries[:2, 0] = 1  # e^-2 of all resamples have neither
    resamples = Resamples(num_examples=40, seed=0, num=500)
    logits = random.normal(size=(2, 40, 2)) + 2 * entries - 1
    arm, same, lower = (
        resampled_scores(LabelScores(shown, entries), name, resamples)
        for shown in (logits, logits.copy(), logits - 4 * entries)
    )
    assert np.isfinite(arm.resampled).all()
    assert (arm.resampled == same.resampled).all()
    assert lower.resampled.mean() < arm.resampled.mean()
