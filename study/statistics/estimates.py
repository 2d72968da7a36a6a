"""What an arm's models say of one task's test examples where that is a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats


@dataclass(frozen=True, eq=False)
class Estimates:
    """Numbers that S models, one a seed, predict of the same N labelled examples."""

    values: Floats
    """Shape (S, N), in the target's unit."""
    targets: Floats
    """Shape (N,); examples without a label are left out before."""

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            ValueError: If shapes do not fit (names them), or a number is not finite (names the seeds).
        """
        if self.values.ndim != 2 or 0 in self.values.shape or self.targets.shape != self.values.shape[1:]:
            raise ValueError(
                f"values have shape {self.values.shape}, targets {self.targets.shape}; (S, N) and (N,) expected"
            )
        bad = np.flatnonzero(~np.isfinite(self.values).all(axis=1))
        if len(bad) or not np.isfinite(self.targets).all():
            raise ValueError(f"not finite, at seed positions {bad.tolist()}")

    @property
    def num_seeds(self) -> int:
        """S."""
        return len(self.values)

    @property
    def num_examples(self) -> int:
        """N."""
        return len(self.targets)
