"""LogME: how probable a task's labels are under linear models of the features, all of them weighed together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from study.learning.transferability.checked import checked

Array = NDArray[np.float64]

_MAX_STEPS = 200
_TOLERANCE = 1e-8
"""Relative change of the ratio alpha / beta at which it counts as found."""
_SMALLEST_RATIO, _LARGEST_RATIO = 1e-12, 1e12
"""Bounds of alpha / beta, in units of the largest squared singular value: beyond them the evidence no longer changes,
and without noise or without signal the ratio has no end."""
_SMALLEST_REST = 1e-12
"""Share of a target's square norm that counts as noise at least: one that is linear in the features to the last bit
would have infinite evidence."""


def logme(features: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the logarithm of the maximum evidence, an example and a class (You et al., 2021, ICML, algorithm 1).

    Each class against the rest is a target y in {0, 1}^N of a linear model with prior w ~ N(0, I / alpha) and noise
    N(0, 1 / beta). Its evidence p(y | F) = integral of p(y | F, w) p(w) dw is maximised over alpha and beta by their
    fixed-point iteration, on one singular value decomposition for all classes:

        gamma = sum_i beta s_i^2 / (alpha + beta s_i^2),  alpha = gamma / |m|^2,  beta = (N - gamma) / |F m - y|^2,

    m being the mean of the weights' posterior. It begins at alpha / beta = the mean s_i^2, rather than 1 as published:
    so the scale of the features has no part in the score. That is the mean over classes of log p(y | F) / N. Larger is
    better; it has no fixed range, and compares models on one task only.

    Args:
        features: Shape (N, D), finite; not centred, as published.
        labels: Class of each example, shape (N,).

    Raises:
        ValueError: If there are fewer than 2 examples or classes, or a feature is not finite (says which).
    """
    data = checked(features, labels)
    left, singular, _ = np.linalg.svd(data.features.astype(np.float64), full_matrices=False)
    spectrum = singular**2
    targets = np.eye(data.num_classes)[data.labels]
    coordinates = left.T @ targets
    evidences = [
        _log_evidence(spectrum, coordinates[:, number] ** 2, float(targets[:, number].sum()), len(targets))
        for number in range(data.num_classes)
    ]
    return float(np.mean(evidences)) / len(targets)


def _log_evidence(spectrum: Array, energy: Array, norm: float, num: int) -> float:
    """Return the maximum of log p(y | F).

    All of it depends on alpha and beta by way of their ratio t but for one scale, whose best value is known.

    Args:
        spectrum: Squared singular values of F, shape (K,).
        energy: Squares of y's coordinates along the left singular vectors, shape (K,).
        norm: Squared norm of y.
        num: N.
    """
    largest = float(spectrum[0])
    if largest == 0:  # all features are 0: the noise explains everything
        return _evidence_at(1.0, spectrum, energy, norm, num)
    rest = max(norm - float(energy.sum()), _SMALLEST_REST * norm)
    smallest, biggest = _SMALLEST_RATIO * largest, _LARGEST_RATIO * largest
    ratio = float(spectrum.mean())
    for _ in range(_MAX_STEPS):
        shrunk = spectrum + ratio
        gamma = float((spectrum / shrunk).sum())
        weights_norm = float((spectrum * energy / shrunk**2).sum())
        residual = float((energy * (ratio / shrunk) ** 2).sum()) + rest
        before = ratio
        if weights_norm == 0:
            ratio = biggest
        else:
            # K - gamma is summed by itself: as a difference it would be lost where nothing is shrunk.
            freedom = num - len(spectrum) + float((ratio / shrunk).sum())
            ratio = min(max(gamma / weights_norm * residual / freedom, smallest), biggest)
        if abs(ratio - before) <= _TOLERANCE * before:
            break
    return _evidence_at(ratio, spectrum, energy, norm, num)


def _evidence_at(ratio: float, spectrum: Array, energy: Array, norm: float, num: int) -> float:
    """Return log p(y | F) at alpha / beta = `ratio` and the beta that is best for it: N / (y' (I + F F' / ratio)^-1 y).

    At the fixed point this beta is the iteration's own.
    """
    rest = max(norm - float(energy.sum()), _SMALLEST_REST * norm)
    misfit = float((energy * ratio / (spectrum + ratio)).sum()) + rest
    spread = float(np.log1p(spectrum / ratio).sum())
    return 0.5 * (num * math.log(num / misfit) - num - spread - num * math.log(2 * math.pi))
