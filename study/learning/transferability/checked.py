"""Features and labels that a score can be computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Features and labels without a fault."""

    features: NDArray[np.floating]
    """Finite, shape (N, D), N at least 2, D at least 1."""
    labels: NDArray[np.int64]
    """Shape (N,): the classes that occur, numbered from 0 in their order."""
    num_classes: int
    """How many occur: at least 2."""

    @property
    def class_counts(self) -> NDArray[np.int64]:
        """Return the number of examples of each class, shape (num_classes,)."""
        return np.bincount(self.labels, minlength=self.num_classes).astype(np.int64)


def checked(features: NDArray[np.floating], labels: NDArray[np.int64], *, what: str = "features") -> Checked:
    """Return features and labels, with the classes numbered 0, 1, ... where some do not occur.

    Args:
        features: Shape (N, D).
        labels: Class of each example, shape (N,).
        what: What the features are called in messages.

    Raises:
        ValueError: If a shape is wrong, there are fewer than 2 examples, fewer than 2 classes, or a value that is NaN
            or infinite.
    """
    checked_features(features, labels, what=what)
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels are {labels.dtype}; must be whole numbers")
    classes, numbered = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"labels have one class only ({classes[0]}); a score needs at least 2")
    return Checked(features=features, labels=numbered.astype(np.int64), num_classes=len(classes))


def checked_features(
    features: NDArray[np.floating], labels: NDArray[np.generic], *, what: str = "features"
) -> NDArray[np.floating]:
    """Return features that a score can be computed from, whatever the labels are.

    Args:
        features: Shape (N, D).
        labels: Of each example, shape (N,).
        what: What the features are called in messages.

    Raises:
        ValueError: If a shape is wrong, there are fewer than 2 examples, or a value that is NaN or infinite.
    """
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(f"{what} have shape {features.shape}; must be (N, D), D at least 1")
    if labels.shape != (len(features),):
        raise ValueError(f"labels have shape {labels.shape}; must be ({len(features)},), one for each row of {what}")
    if len(features) < 2:
        raise ValueError(f"N = {len(features)}: a score needs at least 2 examples")
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        raise ValueError(f"{what}[{row}, {column}] = {features[row, column]}; all must be finite")
    return features
