"""Scores of resamples: by the metrics that predictions of their kind have."""

import numpy as np
import pytest

from study.statistics.estimates import Estimates
from study.statistics.label_scores import LabelScores
from study.statistics.predictions import Predictions
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.values.problems import InputError

RESAMPLES = Resamples(num_examples=2, seed=0, num=3)


@pytest.mark.parametrize(
    ("predictions", "name", "said"),
    [
        (Predictions(np.full((1, 2, 2), 0.5), np.array([0, 1])), "macro_f2", "predictions 'macro_f2' (did you mean"),
        (Estimates(np.zeros((1, 2)), np.ones(2)), "accuracy", "predicted numbers 'accuracy'"),
        (LabelScores(np.zeros((1, 2, 2)), np.eye(2, dtype=np.int8)), "accuracy", "predicted labels 'accuracy'"),
    ],
    ids=["classes", "numbers", "labels"],
)
def test_another_metric_than_there_is_of_them_is_refused_by_name(predictions, name, said):
    with pytest.raises(InputError) as raised:
        resampled_scores(predictions, name, RESAMPLES)
    assert f"unknown metric of {said}" in str(raised.value)
