"""Whether two arms' trained models differ in accuracy: an exact test on the examples that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from study.statistics.predictions import Predictions


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """Result of McNemar's test."""

    one_better: int
    """Examples that more of the one arm's seeds get right."""
    other_better: int
    """Examples that more of the other arm's seeds get right."""
    p_value: float
    """Exact, two-sided; 1 where no example tells the arms apart."""


def mcnemar(one: Predictions, other: Predictions) -> McNemar:
    """Return McNemar's exact test (1947; the binomial rather than its normal limit) of equal accuracy.

    An example counts for the arm that has more seeds right on it: with one seed each this is McNemar's test, with more
    the sign test over examples that it is an instance of. One test over all seeds rather than one a seed, since
    seeds share their examples and are no independent evidence. It speaks of these trained models and says
    nothing of what other seeds would give: `compare` does.

    Args:
        one: Of the one arm.
        other: Of the other: the same examples, as many seeds.

    Raises:
        ValueError: If labels differ, or numbers of seeds, without which equal arms would not be equally often ahead.
    """
    if not np.array_equal(one.labels, other.labels):
        raise ValueError("the arms' labels differ: not the same examples in the same order")
    if one.num_seeds != other.num_seeds:
        raise ValueError(f"{one.num_seeds} seeds against {other.num_seeds}; as many of each arm expected")
    lead = one.right().sum(axis=0) - other.right().sum(axis=0)
    ahead, behind = int((lead > 0).sum()), int((lead < 0).sum())
    p_value = float(binomtest(ahead, ahead + behind, 0.5).pvalue) if ahead + behind else 1.0
    return McNemar(one_better=ahead, other_better=behind, p_value=p_value)
