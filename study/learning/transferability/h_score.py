"""H-score: how much of the features' variation lies between classes."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf_shrinkage

from study.learning.transferability.checked import checked

_INVERTIBLE = 1e-6
"""Intensity from which the shrunk covariance can be inverted: no eigenvalue is below that share of their mean."""


def h_score(features: NDArray[np.floating], labels: NDArray[np.int64], *, shrinkage: float | None = None) -> float:
    """Return the H-score with a shrunk covariance.

    The H-score tr(cov(f)^-1 cov(E[f | y])) (Bao et al., 2019, ICIP) needs far more examples than
    features. So, as Ibrahim et al. (2021, Newer is not always better) have it, the covariance is shrunk:

        H_a = tr(cov_a(f)^-1 (1 - a) cov(E[f | y])),  cov_a(f) = (1 - a) cov(f) + a tr(cov(f)) / D I,

    with the intensity a of Ledoit and Wolf (2004, A well-conditioned estimator for large-dimensional covariance
    matrices), which minimises the expected squared error of cov_a.

    Args:
        features: Shape (N, D), finite.
        labels: Class of each example, shape (N,).
        shrinkage: a, in [0, 1]; Ledoit and Wolf's where not given. 0 is the H-score as first published, with the
            pseudo-inverse of a covariance that has no inverse.

    Returns:
        From 0 to the number of classes - 1; larger is better. 0 where no feature varies.

    Raises:
        ValueError: If there are fewer than 2 examples or classes, a feature is not finite, or `shrinkage` is out of
            range (says which).
    """
    data = checked(features, labels)
    if shrinkage is not None and not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage = {shrinkage}; must be in 0..1")
    centred = data.features.astype(np.float64)
    centred -= centred.mean(axis=0)
    num, width = centred.shape
    if np.ptp(data.features, axis=0).max() == 0:
        return 0.0
    variance = float((centred**2).sum()) / (num * width)
    centred /= np.sqrt(variance)  # the score does not depend on the scale; its numbers do
    intensity = float(ledoit_wolf_shrinkage(centred, assume_centered=True)) if shrinkage is None else shrinkage
    covariance = (1 - intensity) * (centred.T @ centred) / num
    covariance[np.diag_indices(width)] += intensity
    members = np.eye(data.num_classes)[data.labels]
    # cov(E[f | y]) = M' M, the rows of M being class means times the square root of their share.
    means = members.T @ centred / np.sqrt(data.class_counts[:, None] * num)
    if intensity > _INVERTIBLE:
        solved = scipy.linalg.solve(covariance, means.T, assume_a="pos")
    else:
        solved = scipy.linalg.pinvh(covariance) @ means.T
    return (1 - intensity) * float((means.T * solved).sum())
