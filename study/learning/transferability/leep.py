"""LEEP: how well a task's labels follow from the classes that a model was trained to see; and N-LEEP without those."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from study.learning.transferability.checked import checked
from study.learning.transferability.gaussian_mixture import posterior
from study.learning.transferability.principal_components import principal_components

_COMPONENTS_A_CLASS = 5
_EXAMPLES_A_COMPONENT = 5
_ENERGY = 0.8
_SUM_TOLERANCE = 1e-4


def leep(source_probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the log expected empirical prediction (Nguyen et al., 2020, ICML).

    With theta(x)_z the probability that a model gives source class z on x, and P the empirical joint distribution
    P(y, z) = 1/N sum_{i: y_i = y} theta(x_i)_z,

        LEEP = 1/N sum_i log sum_z P(y_i | z) theta(x_i)_z,

    at most 0; larger is better.

    Args:
        source_probabilities: theta, shape (N, Z): rows non-negative that sum to 1 (within 1e-4).
        labels: Class of each example, shape (N,).

    Raises:
        ValueError: If there are fewer than 2 examples or classes, or a row is no distribution (says which).
    """
    data = checked(source_probabilities, labels, what="source probabilities")
    theta = data.features.astype(np.float64)
    if (theta < 0).any():
        row, column = np.argwhere(theta < 0)[0]
        raise ValueError(f"source probabilities[{row}, {column}] = {theta[row, column]}; must not be negative")
    sums = theta.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > _SUM_TOLERANCE)
    if len(wrong):
        raise ValueError(f"source probabilities[{wrong[0]}] sum to {sums[wrong[0]]:.6g}; must be 1")
    joint = np.stack([theta[data.labels == number].sum(axis=0) for number in range(data.num_classes)]) / len(theta)
    marginal = joint.sum(axis=0)
    conditional = np.divide(joint, marginal, out=np.zeros_like(joint), where=marginal > 0)
    expected = np.einsum("nz,nz->n", theta, conditional[data.labels])
    # An example's own share makes its expected prediction positive; only underflow can take that away.
    return float(np.log(np.maximum(expected, np.finfo(np.float64).tiny)).mean())


def nleep(features: NDArray[np.floating], labels: NDArray[np.int64], *, seed: int = 0) -> float:
    """Return N-LEEP: LEEP on the posterior of a Gaussian mixture (Li et al., 2021, CVPR, Ranking Neural Checkpoints).

    Needs no source classes: the features' principal components that hold 80% of the variance are fitted by a
    mixture of Gaussians, whose components stand for them. As published, 5 components a class; here at most one for
    5 examples, since a mixture with a component an example would predict every label, and with diagonal
    covariances, which few examples can determine.

    Args:
        features: Shape (N, D), finite.
        labels: Class of each example, shape (N,); they have no part in the mixture.
        seed: Of the mixture's start: equal seeds give equal scores.

    Returns:
        At most 0; larger is better.

    Raises:
        ValueError: If there are fewer than 2 examples or classes, or a feature is not finite (says which).
    """
    data = checked(features, labels)
    num_components = max(1, min(_COMPONENTS_A_CLASS * data.num_classes, len(data.features) // _EXAMPLES_A_COMPONENT))
    reduced = principal_components(data.features, energy=_ENERGY)
    return leep(posterior(reduced, num_components, seed=seed), data.labels)
