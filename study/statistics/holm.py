"""Many tests at once: Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values, in the order given, under which the chance of any false alarm at all is bounded.

    The i-th smallest of m, counted from 0, becomes the largest of (m - j) p_(j) over j <= i, at most 1
    (Holm, 1979, A Simple Sequentially Rejective Multiple Test Procedure). Holds however the tests depend on each other.

    Args:
        p_values: In [0, 1].

    Raises:
        ValueError: If a p-value is none (names its position).
    """
    for position, p in enumerate(p_values):
        if not 0 <= p <= 1:
            raise ValueError(f"p-value {p} at position {position} is not in [0, 1]")
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, position in enumerate(sorted(range(len(p_values)), key=lambda position: p_values[position])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[position]))
        corrected[position] = largest
    return corrected
