"""A batch: some rows of a stream that a step is taken on, whole or in parts."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from study.learning.mixing import Mixture
from study.learning.stream import Stream
from study.parts.tasks.data import MISSING


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Rows of a stream."""

    stream: Stream
    rows: Tensor
    """All of a batch's, or a part of them."""
    whole: Tensor
    """All of the batch's."""
    mixture: Mixture | None = None
    """How `rows` are mixed with others of the whole; None where they are as they are."""

    @classmethod
    def of(cls, stream: Stream, rows: Tensor, mixture: Mixture | None = None) -> Batch:
        """Return a whole batch."""
        return cls(stream=stream, rows=rows, whole=rows, mixture=mixture)

    def split(self, num_parts: int) -> list[Batch]:
        """Return the batch in parts, which differ in length by one at most."""
        rows = self.rows.tensor_split(num_parts)
        mixtures = [None] * num_parts if self.mixture is None else self.mixture.split(num_parts)
        return [
            Batch(stream=self.stream, rows=part, whole=self.whole, mixture=mixture)
            for part, mixture in zip(rows, mixtures, strict=True)
        ]

    def share(self, position: int, rows: Tensor) -> float:
        """Return what share of the whole batch's examples with a label for a task is in some of its rows.

        Args:
            position: The task's, in the stream.
            rows: As many as `self.rows`: those, or their partners.
        """
        if len(rows) == len(self.whole):
            return 1.0
        here, whole = ((self.stream.labels[position, some] != MISSING).sum() for some in (rows, self.whole))
        return int(here) / max(1, int(whole))
