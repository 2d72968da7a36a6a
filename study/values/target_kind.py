"""What kind of thing a task predicts."""

from __future__ import annotations

from enum import Enum


class TargetKind(str, Enum):
    """What the label of an example is."""

    CLASSIFICATION = "classification"
    """One of several classes."""
    REGRESSION = "regression"
    """A number."""
    MULTI_LABEL = "multi_label"
    """Any number of several labels."""

    @property
    def has_classes(self) -> bool:
        """Whether an example is of one class, so that a model gives probabilities that sum to 1."""
        return self is TargetKind.CLASSIFICATION
