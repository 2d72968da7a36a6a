"""How many examples a split has of each class, as far as the exactness of a score on it depends on that."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from study.values.frozen import Frozen


class ClassCounts(Frozen):
    """Labelled examples of one task, class by class, in three numbers."""

    num_examples: int = Field(ge=1)
    """Labelled ones."""
    num_classes: int = Field(ge=1)
    """Classes that occur."""
    harmonic_mean: float = Field(gt=0)
    """Of the numbers of examples of those classes; as large as their mean where all are equal, else smaller."""

    @classmethod
    def of(cls, counts: Iterable[int]) -> ClassCounts:
        """Return those of a split.

        Args:
            counts: Examples of each class; classes that do not occur play no part. At least one does.
        """
        present = [count for count in counts if count > 0]
        return cls(
            num_examples=sum(present),
            num_classes=len(present),
            harmonic_mean=len(present) / sum(1 / count for count in present),
        )
