"""Predictions are checked where they are made."""

import numpy as np
import pytest

from study.statistics.predictions import Predictions

EVEN = np.full((2, 3, 4), 0.25)


def test_shapes_are_counted():
    predictions = Predictions(EVEN, np.array([0, 1, 3]))
    assert (predictions.num_seeds, predictions.num_examples) == (2, 3)
    np.testing.assert_array_equal(predictions.right(), [[1, 0, 0], [1, 0, 0]])


def test_logits_and_half_precision_are_taken():
    logits = np.array([[[0.0, np.log(3.0)]]])
    np.testing.assert_allclose(Predictions.of_logits(logits, np.array([1])).probabilities, [[[0.25, 0.75]]])
    Predictions(Predictions.of_logits(logits, np.array([1])).probabilities.astype(np.float16), np.array([1]))


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (EVEN[0], [0, 1, 2], r"probabilities have shape \(3, 4\)"),
        (EVEN[:, :0], [], r"probabilities have shape \(2, 0, 4\)"),
        (EVEN, [0, 1], r"labels have shape \(2,\), probabilities \(2, 3, 4\)"),
        (EVEN, [0.0, 1.0, 2.0], "labels are float64"),
        (EVEN, [0, 1, 4], r"labels run from 0 to 4; 0\.\.3 allowed"),
        (EVEN, [-100, 1, 2], "labels run from -100"),
        (2 * EVEN, [0, 1, 2], r"at seed positions \[0, 1\]"),
        (np.stack([EVEN[0], EVEN[1] * np.nan]), [0, 1, 2], r"at seed positions \[1\]"),
    ],
)
def test_what_does_not_fit_is_named(probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        Predictions(probabilities, np.array(labels, dtype=int if labels == [] else None))
