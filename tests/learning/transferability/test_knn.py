"""Nearest neighbours: another implementation's answer, in bounded memory."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize

from study.learning.transferability import knn_accuracy


def drawn(num=150, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(num) < 0.7, 0, rng.integers(1, 4, num))
    return rng.normal(size=(4, 7))[labels] + rng.normal(size=(num, 7)), labels


@pytest.mark.parametrize("num_neighbours", [1, 4, 5])
def test_it_is_what_scikit_learn_says_leaving_one_out(num_neighbours):
    features, labels = drawn()
    model = KNeighborsClassifier(num_neighbours, algorithm="brute")
    predicted = cross_val_predict(model, normalize(features), labels, cv=LeaveOneOut())
    found = knn_accuracy(features, labels, num_neighbours=num_neighbours)
    assert found.accuracy == pytest.approx(accuracy_score(labels, predicted))
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert found.accuracy != found.balanced_accuracy


@pytest.mark.parametrize("chunk_bytes", [1, 4 * 150 * 7, 2**30])
def test_it_does_not_depend_on_how_much_is_held_at_once(chunk_bytes):
    features, labels = drawn()
    assert knn_accuracy(features, labels, chunk_bytes=chunk_bytes) == knn_accuracy(features, labels)


def test_neighbours_are_near_by_angle_whatever_their_length():
    features = np.array([[1.0, 0], [100, 1], [0, 1], [1, 100]])
    assert knn_accuracy(features, np.array([0, 0, 1, 1]), num_neighbours=1).accuracy == 1


def test_two_examples_have_one_neighbour_each_and_rows_of_zeros_are_no_division_by_zero():
    assert knn_accuracy(np.array([[1.0], [2.0]]), np.array([0, 1])).accuracy == 0
    assert np.isfinite(knn_accuracy(np.zeros((4, 2)), np.array([0, 0, 1, 1])).accuracy)


def test_no_neighbour_is_refused():
    with pytest.raises(ValueError, match="num_neighbours = 0; must be at least 1"):
        knn_accuracy(*drawn(), num_neighbours=0)
