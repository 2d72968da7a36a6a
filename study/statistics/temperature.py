"""Temperature scaling: one number that makes a classifier's confidence honest and leaves its classes as they are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from study.statistics.arrays import Floats, Ints

TEMPERATURES = (0.01, 100.0)
"""Between which it is looked for. At 0.01 it ends where every validation example is told right: no limit is best."""


def fit_temperature(logits: ArrayLike, labels: Ints) -> float:
    """Return the T whose softmax(logits / T) has the least negative log-likelihood (Guo et al., 2017, section 4.2).

    As a function of log T that has a single minimum, so a bounded line search (Brent, 1973) finds it.

    Args:
        logits: Of one model, on validation: shape (N, C). Log-probabilities serve as well.
        labels: Shape (N,), in 0..C-1.

    Raises:
        ValueError: If shapes do not fit or a logit is not finite.
    """
    scores = np.asarray(logits, dtype=np.float64)
    if scores.ndim != 2 or len(scores) == 0 or labels.shape != scores.shape[:1]:
        raise ValueError(f"logits have shape {scores.shape} and labels {labels.shape}; (N, C) and (N,) expected")
    if not np.isfinite(scores).all():
        raise ValueError("a logit is not finite")
    rows = np.arange(len(labels))

    def nll(log_temperature: float) -> float:
        return -float(log_softmax(scores * math.exp(-log_temperature), axis=1)[rows, labels].mean())

    lower, upper = TEMPERATURES
    found = minimize_scalar(
        nll, bounds=(math.log(lower), math.log(upper)), method="bounded", options={"xatol": 1e-6, "maxiter": 200}
    )
    return math.exp(float(found.x))


def scaled_probabilities(logits: ArrayLike, temperature: float) -> Floats:
    """Return softmax(logits / T) in float64, of logits' shape (..., N, C).

    Raises:
        ValueError: If T is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; above 0 expected")
    return np.asarray(softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=-1))
