"""What an arm's models say of one task's test examples where each has any number of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.statistics.arrays import Floats


@dataclass(frozen=True, eq=False)
class LabelScores:
    """Logits that S models, one a seed, give each of L labels of the same N examples."""

    logits: Floats
    """Shape (S, N, L); above 0 a label is predicted."""
    entries: NDArray[np.int8]
    """Shape (N, L): 1 present, 0 absent, -1 not known. Examples of which nothing is known are left out before."""

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            ValueError: If shapes do not fit (names them), a logit is NaN (names the seeds), or an entry is another.
        """
        logits, entries = np.asarray(self.logits, dtype=np.float64), np.asarray(self.entries, dtype=np.int8)
        if logits.ndim != 3 or 0 in logits.shape or entries.shape != logits.shape[1:]:
            raise ValueError(
                f"logits have shape {logits.shape}, entries {entries.shape}; (S, N, L) and (N, L) expected"
            )
        bad = np.flatnonzero(np.isnan(logits).any(axis=(1, 2)))
        if len(bad):
            raise ValueError(f"logits that are no numbers, at seed positions {bad.tolist()}")
        if not np.isin(entries, (-1, 0, 1)).all():
            raise ValueError(f"entries run from {entries.min()} to {entries.max()}; -1, 0 and 1 allowed")
        object.__setattr__(self, "logits", logits)
        object.__setattr__(self, "entries", entries)

    @property
    def num_seeds(self) -> int:
        """S."""
        return len(self.logits)

    @property
    def num_examples(self) -> int:
        """N."""
        return len(self.entries)
