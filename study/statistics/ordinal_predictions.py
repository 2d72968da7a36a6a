"""What an arm's models say of one task's test examples where classes have an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats, Ints
from study.statistics.median_class import median_class
from study.statistics.predictions import Predictions


@dataclass(frozen=True, eq=False)
class OrdinalPredictions(Predictions):
    """Probabilities of classes in their order; a model tells the median class, not the most probable one."""

    @property
    def told(self) -> Ints:
        """Class that each model tells of each example, shape (S, N)."""
        return median_class(self.probabilities)

    def right(self) -> Floats:
        """Return 1 where the class told is the label, else 0: shape (S, N)."""
        return np.asarray(self.told == self.labels, dtype=np.float64)
