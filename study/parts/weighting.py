"""Weights of the tasks' losses in the sum that shared representation minimises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def normalized_weights(weights: Mapping[str, float], tasks: Sequence[str]) -> tuple[float, ...]:
    """Return w_t for each task, scaled so that they sum to the number of tasks.

    Equal weights are then all 1, and a search over weights leaves the size of the loss, and with it the meaning of
    a learning rate, alone.

    Args:
        weights: By task name, non-negative, not all 0; 1 for a task without one.
        tasks: Task names, in the order of the result.
    """
    raw = [weights.get(task, 1.0) for task in tasks]
    return tuple(weight * len(raw) / sum(raw) for weight in raw)
