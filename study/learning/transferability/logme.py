"""LogME: how probable a task's labels are under linear models of the features, all of them weighed together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.learning.transferability.checked import checked, checked_features

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
_SMALLEST_FROM_GRAM = 1e-6
"""The ratio, in units of the largest squared singular value, down to which a Gram matrix tells all that matters: it
loses what lies below about 1e-12 of its largest eigenvalue, which a ratio so much larger shrinks to nothing."""


def logme(features: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the logarithm of the maximum evidence, an example and a class (You et al., 2021, ICML, algorithm 1).

    Each class against the rest is a target y in {0, 1}^N of a linear model with prior w ~ N(0, I / alpha) and noise
    N(0, 1 / beta). Its evidence p(y | F) = integral of p(y | F, w) p(w) dw is maximised over alpha and beta by their
    fixed-point iteration, on one decomposition of F for all classes:

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
    return _mean_log_evidence(data.features.astype(np.float64), np.eye(data.num_classes)[data.labels])


def logme_of_numbers(features: NDArray[np.floating], numbers: NDArray[np.float64]) -> float:
    """Return the logarithm of the maximum evidence, an example, of numbers to predict (You et al., 2021, section 4).

    As `logme`, with one target: the numbers, which are first brought to mean 0 and variance 1, so that neither their
    unit nor their level has a part in the score.

    Args:
        features: Shape (N, D), finite; not centred.
        numbers: Of each example, shape (N,), finite.

    Raises:
        ValueError: If there are fewer than 2 examples, all numbers are equal, or a feature is not finite (says which).
    """
    known = checked_features(features, numbers)
    spread = float(numbers.std())
    if spread == 0:
        raise ValueError(f"all numbers are {numbers[0]:g}; a score needs at least 2 different ones")
    return _mean_log_evidence(known.astype(np.float64), ((numbers - numbers.mean()) / spread)[:, None])


def _mean_log_evidence(rows: Array, targets: Array) -> float:
    """Return the mean over targets, of shape (N, C), of the maximum log evidence an example."""
    found = _by_gram(rows, targets)
    ratios = found.best_ratios()
    if min(ratios) < _SMALLEST_FROM_GRAM * found.largest:
        found = _by_singular_values(rows, targets)
        ratios = found.best_ratios()
    return float(np.mean(found.log_evidences(ratios))) / len(rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Decomposed:
    """Features, and each class's target, along the left singular vectors of the features."""

    spectrum: Array
    """Squared singular values of F, shape (K,)."""
    energies: Array
    """Squares of the targets' coordinates, shape (K, C)."""
    norms: Array
    """Squared norm of each target, shape (C,)."""
    num: int
    """N."""

    @property
    def largest(self) -> float:
        """The largest squared singular value."""
        return float(self.spectrum.max(initial=0))

    def best_ratios(self) -> list[float]:
        """Return for each class the alpha / beta at which its evidence is largest."""
        targets = zip(self.energies.T, self.norms, strict=True)
        return [_best_ratio(self.spectrum, energy, float(norm), self.num) for energy, norm in targets]

    def log_evidences(self, ratios: Sequence[float]) -> list[float]:
        """Return for each class log p(y | F) at its ratio."""
        targets = zip(ratios, self.energies.T, self.norms, strict=True)
        return [_evidence_at(ratio, self.spectrum, energy, float(norm), self.num) for ratio, energy, norm in targets]


def _by_gram(rows: Array, targets: Array) -> _Decomposed:
    """Return the decomposition from the eigenvectors of the smaller of the two Gram matrices: several times faster."""
    num, width = rows.shape
    wide = width > num
    values, vectors = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    kept = values > max(num, width) * np.finfo(np.float64).eps * values.max()
    values, vectors = values[kept], vectors[:, kept]
    energies = (vectors.T @ (targets if wide else rows.T @ targets)) ** 2
    if not wide:
        energies /= values[:, None]
    return _Decomposed(spectrum=values, energies=energies, norms=(targets**2).sum(axis=0), num=num)


def _by_singular_values(rows: Array, targets: Array) -> _Decomposed:
    left, singular, _ = np.linalg.svd(rows, full_matrices=False)
    energies = (left.T @ targets) ** 2
    return _Decomposed(spectrum=singular**2, energies=energies, norms=(targets**2).sum(axis=0), num=len(rows))


def _best_ratio(spectrum: Array, energy: Array, norm: float, num: int) -> float:
    """Return the alpha / beta at which log p(y | F) is largest.

    All of it depends on alpha and beta by way of their ratio t but for one scale, whose best value is known.

    Args:
        spectrum: Squared singular values of F, shape (K,).
        energy: Squares of y's coordinates along the left singular vectors, shape (K,).
        norm: Squared norm of y.
        num: N.
    """
    largest = float(spectrum.max(initial=0))
    if largest == 0:  # all features are 0: the noise explains everything
        return 1.0
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
    return ratio


def _evidence_at(ratio: float, spectrum: Array, energy: Array, norm: float, num: int) -> float:
    """Return log p(y | F) at alpha / beta = `ratio` and the beta that is best for it: N / (y' (I + F F' / ratio)^-1 y).

    At the fixed point this beta is the iteration's own.
    """
    rest = max(norm - float(energy.sum()), _SMALLEST_REST * norm)
    misfit = float((energy * ratio / (spectrum + ratio)).sum()) + rest
    spread = float(np.log1p(spectrum / ratio).sum())
    return 0.5 * (num * math.log(num / misfit) - num - spread - num * math.log(2 * math.pi))
