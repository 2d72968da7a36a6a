"""All scores: what they refuse, and that they tell features that separate the classes from ones that do not."""

import numpy as np
import pytest

from study.learning.transferability import SCORES

EVERY = pytest.mark.parametrize("name", SCORES)


def separable(dtype=np.float32):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 250)
    return (rng.normal(size=(5, 40))[labels] + rng.normal(size=(250, 40))).astype(dtype), labels


@EVERY
def test_labels_that_the_features_separate_score_higher_than_the_same_shuffled(name):
    features, labels = separable()
    before = features.copy()
    shuffled = np.random.default_rng(1).permutation(labels)
    assert SCORES[name].measure(features, labels) > SCORES[name].measure(features, shuffled)
    assert np.array_equal(features, before), "the features are not changed"


@EVERY
def test_the_clearer_the_classes_the_higher_the_score(name):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    centres, noise = rng.normal(size=(3, 20)), rng.normal(size=(300, 20))
    scores = [SCORES[name].measure(strength * centres[labels] + noise, labels) for strength in (0.0, 0.5, 1.0)]
    assert scores == sorted(scores)
    assert scores[0] < scores[2]


@EVERY
def test_classes_that_do_not_occur_have_no_part_in_it(name):
    features, labels = separable()
    assert SCORES[name].measure(features, 3 * labels + 2) == SCORES[name].measure(features, labels)


@EVERY
@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.ones((1, 3)), [0], "N = 1: a score needs at least 2 examples"),
        (np.ones((0, 3)), [], "N = 0: a score needs at least 2 examples"),
        (np.ones((3, 3)), [2, 2, 2], r"one class only \(2\); a score needs at least 2"),
        (np.array([[1.0, 2], [3, np.nan]]), [0, 1], r"features\[1, 1\] = nan; all must be finite"),
        (np.array([[1.0, np.inf], [3, 4]]), [0, 1], r"features\[0, 1\] = inf; all must be finite"),
        (np.ones(4), [0, 1, 0, 1], r"features have shape \(4,\); must be \(N, D\)"),
        (np.ones((4, 2)), [0, 1], r"labels have shape \(2,\); must be \(4,\)"),
        (np.ones((2, 2)), [0.0, 1.0], "labels are float64; must be whole numbers"),
    ],
)
def test_what_has_no_score_is_refused_by_name(name, features, labels, message):
    given = np.array(labels) if labels else np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match=message):
        SCORES[name].measure(features, given)
