"""Nearest neighbours: whether an example's neighbours among the features are of its class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.learning.transferability.checked import checked

_CHUNK_BYTES = 64 * 2**20
"""Most that the similarities of one chunk of examples to all others may take."""


@dataclass(frozen=True, kw_only=True)
class KnnAccuracy:
    """How often the neighbours are right, each example being left out in its turn."""

    accuracy: float
    """Share of the examples whose class is their neighbours'."""
    balanced_accuracy: float
    """Mean over classes of that share."""


def knn_accuracy(
    features: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    num_neighbours: int = 5,
    chunk_bytes: int = _CHUNK_BYTES,
) -> KnnAccuracy:
    """Return the leave-one-out accuracy of the k nearest neighbours by the angle between features.

    The features are scaled to length 1. An example is given the class that most of its k nearest others have, of
    several such classes the one with the smallest number. Memory stays within `chunk_bytes` and a copy of the features.

    Args:
        features: Shape (N, D), finite.
        labels: Class of each example, shape (N,).
        num_neighbours: k, at least 1; N - 1 where there are no more.
        chunk_bytes: Most that the similarities held at once take, in bytes, but for one example's.

    Raises:
        ValueError: If there are fewer than 2 examples or classes, a feature is not finite, or k is below 1.
    """
    data = checked(features, labels)
    if num_neighbours < 1:
        raise ValueError(f"num_neighbours = {num_neighbours}; must be at least 1")
    right = np.concatenate(list(_right(data.features, data.labels, data.num_classes, num_neighbours, chunk_bytes)))
    recalls = np.bincount(data.labels, weights=right) / data.class_counts
    return KnnAccuracy(accuracy=float(right.mean()), balanced_accuracy=float(recalls.mean()))


def _right(
    features: NDArray[np.floating], labels: NDArray[np.int64], num_classes: int, num_neighbours: int, chunk_bytes: int
) -> Iterator[NDArray[np.bool_]]:
    """Yield for each example, a chunk at a time, whether its neighbours give it its class."""
    units = _unit_rows(features)
    num = len(units)
    neighbours = min(num_neighbours, num - 1)
    chunk = max(1, chunk_bytes // (num * units.itemsize))
    for start in range(0, num, chunk):
        rows = np.arange(start, min(start + chunk, num))
        similarities = units[rows] @ units.T
        similarities[np.arange(len(rows)), rows] = -np.inf  # no example is its own neighbour
        nearest = np.argpartition(similarities, num - neighbours, axis=1)[:, num - neighbours :]
        places = np.arange(len(rows))[:, None] * num_classes + labels[nearest]
        votes = np.bincount(places.ravel(), minlength=len(rows) * num_classes).reshape(len(rows), num_classes)
        yield votes.argmax(axis=1) == labels[rows]


def _unit_rows(features: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows of length 1; those of zeros stay as they are."""
    whole = features.astype(np.float64)
    lengths = np.linalg.norm(whole, axis=1, keepdims=True)
    return (whole / np.where(lengths > 0, lengths, 1)).astype(np.float32)
