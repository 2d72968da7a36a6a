"""Resamples of a task's test examples, the same for every arm that is compared on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from study.statistics.arrays import Floats

_COUNTS_AT_ONCE = 2**24


@dataclass(frozen=True, kw_only=True)
class Resamples:
    """Draws with replacement of N among N examples (Efron, 1979), made anew from the seed whenever they are read.

    Two arms scored on equal resamples are paired: what is hard in one resample is hard for both.
    """

    num_examples: int
    """N."""
    seed: int
    """Tasks on the same examples may share it; others take one each."""
    num: int = 2000
    """B."""

    def __post_init__(self) -> None:
        """Check counts.

        Raises:
            ValueError: If there is no example or no resample.
        """
        if self.num_examples < 1 or self.num < 1:
            raise ValueError(f"{self.num} resamples of {self.num_examples} examples; at least 1 of each expected")

    def blocks(self) -> Iterator[Floats]:
        """Yield how often each example is drawn, shape (b, N), the b adding up to B; at most 128 MiB at once."""
        rng = np.random.default_rng(self.seed)
        size = max(1, _COUNTS_AT_ONCE // self.num_examples)
        for start in range(0, self.num, size):
            rows = min(size, self.num - start)
            drawn = rng.integers(self.num_examples, size=(rows, self.num_examples))
            drawn += np.arange(rows)[:, np.newaxis] * self.num_examples
            counts = np.bincount(drawn.ravel(), minlength=drawn.size)
            yield counts.reshape(drawn.shape).astype(np.float64)
