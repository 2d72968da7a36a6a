"""A task ready to train on: inputs, one target's labels, and which examples train and validate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import RawInputs
from study.parts.tasks.label_sets import decoded_sets
from study.parts.tasks.numbers import decoded
from study.values.target_kind import TargetKind


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
    """Class of each example, shape (N,), or MISSING; a number as `numbers.coded` has it; of any number of labels a
    position in `label_sets`."""
    classes: tuple[str, ...]
    """Names of the classes, or of the labels; none where it predicts a number."""
    metric: str
    """What configurations are compared by."""
    splits: Splits
    licence: str | None = None
    kind: TargetKind = TargetKind.CLASSIFICATION
    label_sets: NDArray[np.int8] | None = None
    """Where an example has any number of labels, the sets of them, as `Labels.sets` has them."""

    def readable(self, labels: NDArray[np.int64]) -> NDArray[np.int64] | NDArray[np.float64] | NDArray[np.int8]:
        """Return what labels (N,) of its examples stand for: classes as they are, numbers, or rows of 1, 0 and -1."""
        if self.label_sets is not None:
            return decoded_sets(labels, self.label_sets)
        return decoded(labels) if self.kind is TargetKind.REGRESSION else labels

    @property
    def output_width(self) -> int:
        """Width of the head's output."""
        return self.kind.output_width(len(self.classes))
