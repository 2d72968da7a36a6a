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
    ORDINAL = "ordinal"
    """One of several classes that have an order."""

    def output_width(self, num_classes: int) -> int:
        """Return the width of a head's output: a logit a class or label, one less where classes have an order, or 1 for
        a number.

        Args:
            num_classes: How many classes or labels there are; not read for a number.
        """
        match self:
            case TargetKind.REGRESSION:
                return 1
            case TargetKind.ORDINAL:
                return num_classes - 1
            case _:
                return num_classes

    @property
    def has_classes(self) -> bool:
        """Whether an example is of one class, so that a model gives probabilities that sum to 1."""
        return self in (TargetKind.CLASSIFICATION, TargetKind.ORDINAL)
