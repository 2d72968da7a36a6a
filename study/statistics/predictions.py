"""What an arm's models say of one task's test examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from study.statistics.arrays import Floats, Ints

if TYPE_CHECKING:
    from typing_extensions import Self

_SUM_TOLERANCE = 1e-2
"""How far a row of probabilities may sum from 1: they may have been written in half precision."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Class probabilities of S models, one a seed, on the same N labelled examples."""

    probabilities: Floats
    """Shape (S, N, C)."""
    labels: Ints
    """Shape (N,), in 0..C-1; examples without a label are left out before."""

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            ValueError: If shapes do not fit (names them), a probability is not one (names the seeds), or a label is
                no class.
        """
        probabilities = np.asarray(self.probabilities, dtype=np.float64)
        labels = np.asarray(self.labels)
        if probabilities.ndim != 3 or 0 in probabilities.shape:
            raise ValueError(f"probabilities have shape {probabilities.shape}; (seeds, examples, classes) expected")
        if labels.shape != probabilities.shape[1:2]:
            raise ValueError(
                f"labels have shape {labels.shape}, probabilities {probabilities.shape}: a label an example expected"
            )
        if not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(f"labels are {labels.dtype}; integers expected")
        if labels.min() < 0 or labels.max() >= probabilities.shape[2]:
            raise ValueError(
                f"labels run from {labels.min()} to {labels.max()}; 0..{probabilities.shape[2] - 1} allowed"
            )
        # Written so that a NaN, as of a model that diverged, counts as bad.
        good = (probabilities >= 0).all(axis=(1, 2))
        good &= (np.abs(probabilities.sum(axis=2) - 1) <= _SUM_TOLERANCE).all(axis=1)
        if not good.all():
            raise ValueError(f"not probabilities that sum to 1, at seed positions {np.flatnonzero(~good).tolist()}")
        object.__setattr__(self, "probabilities", probabilities)
        object.__setattr__(self, "labels", labels.astype(np.int64))

    @classmethod
    def of_logits(cls, logits: ArrayLike, labels: Ints) -> Self:
        """Return the predictions whose logits, shape (S, N, C), are these; the softmax is taken in float64."""
        return cls(softmax(np.asarray(logits, dtype=np.float64), axis=-1), labels)

    @property
    def num_seeds(self) -> int:
        """S."""
        return len(self.probabilities)

    @property
    def num_examples(self) -> int:
        """N."""
        return len(self.labels)

    def right(self) -> Floats:
        """Return 1 where the class that a model tells, its most probable one, is the label, else 0: shape (S, N)."""
        return np.asarray(self.probabilities.argmax(axis=2) == self.labels, dtype=np.float64)
