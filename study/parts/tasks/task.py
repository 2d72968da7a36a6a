"""A task ready to train on: inputs, one target's labels, and which examples train and validate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import RawInputs


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Positions of the examples of each split, each sorted, no two overlapping."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    """Read by assessment alone."""
    outer: NDArray[np.int64] | None = None
    """What would be trained on and is set aside, to score ended trials on; None where the study sets nothing aside."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to predict, bound to its data."""

    name: str
    inputs: RawInputs
    labels: NDArray[np.int64]
    """Class of each example, shape (N,), or MISSING."""
    classes: tuple[str, ...]
    metric: str
    """What configurations are compared by."""
    splits: Splits
    licence: str | None = None

    @property
    def output_width(self) -> int:
        """Width of the head's output: one logit a class."""
        return len(self.classes)
