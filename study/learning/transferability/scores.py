"""The scores of features on a task, by name: larger is better in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from study.learning.transferability.h_score import h_score
from study.learning.transferability.knn import knn_accuracy
from study.learning.transferability.leep import nleep
from study.learning.transferability.logme import logme


class Measure(Protocol):
    """What computes a score."""

    def __call__(self, features: NDArray[np.floating], labels: NDArray[np.int64], /) -> float:
        """Return the score of features (N, D) with labels (N,); ValueError where there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score's identity."""

    name: str
    summary: str
    measure: Measure


def balanced_knn(features: NDArray[np.floating], labels: NDArray[np.int64], /) -> float:
    """Return the balanced accuracy of 5 nearest neighbours, leaving one out: rare classes count as much as others."""
    return knn_accuracy(features, labels).balanced_accuracy


SCORES: dict[str, Score] = {
    score.name: score
    for score in (
        Score(name="logme", summary="log of the maximum evidence of a linear model, an example", measure=logme),
        Score(name="nleep", summary="log expected empirical prediction by a Gaussian mixture", measure=nleep),
        Score(name="h_score", summary="H-score with a shrunk covariance", measure=h_score),
        Score(name="knn", summary="balanced accuracy of 5 nearest neighbours, leaving one out", measure=balanced_knn),
    )
}
