"""How exactly a score is known from the examples that it was measured on."""

from __future__ import annotations

import math
from collections.abc import Callable

from study.values.class_counts import ClassCounts


def standard_error(metric: str, value: float, counts: ClassCounts) -> float:
    """Return the standard error of a metric, or an upper bound of it, over the choice of examples of each class.

    - `accuracy` p of n examples: sqrt(p (1 - p) / n) (Breiman et al., 1984, Classification and Regression Trees).
    - `balanced_accuracy` B of K classes with n_c examples each: its variance is sum_c p_c (1 - p_c) / n_c / K^2. Of the
      recalls p_c only their mean B is kept; whatever they are, the variance is at most

          (1 / H - (1 - 2 B)^2 / (n / K)) / (4 K),

      with H the harmonic mean of the n_c: the largest value under that constraint, by Lagrange's multiplier. Where all
      n_c are equal it is B (1 - B) / n.

    Losses have no such bound, for one example can cost any amount; neither has F1, whose denominators are chance
    themselves, one that is of use.

    Args:
        metric: One of `WITH_STANDARD_ERROR`.
        value: What was measured, in [0, 1].
        counts: Of the examples.
    """
    return math.sqrt(max(0.0, _VARIANCES[metric](value, counts)))


def _of_accuracy(value: float, counts: ClassCounts) -> float:
    return value * (1 - value) / counts.num_examples


def _of_balanced_accuracy(value: float, counts: ClassCounts) -> float:
    mean = counts.num_examples / counts.num_classes
    return (1 / counts.harmonic_mean - (1 - 2 * value) ** 2 / mean) / (4 * counts.num_classes)


_VARIANCES: dict[str, Callable[[float, ClassCounts], float]] = {
    "accuracy": _of_accuracy,
    "balanced_accuracy": _of_balanced_accuracy,
}
WITH_STANDARD_ERROR = tuple(_VARIANCES)
"""Names of the metrics that have one."""
