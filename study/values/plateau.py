"""Whether a trial has converged: its objective gets no better."""

from __future__ import annotations

from collections.abc import Sequence


def has_plateaued(
    objectives: Sequence[float], *, patience: int | None, min_improvement: float = 0.0, maximize: bool
) -> bool:
    """Whether as many epochs as `patience` have passed since the last one that was better than all before it.

    Args:
        objectives: After each epoch, in order.
        patience: Epochs; None where trials are not ended so.
        min_improvement: By how much an epoch has to be better than the best before it to count.
        maximize: Whether a higher objective is better.
    """
    if patience is None or len(objectives) <= patience:
        return False
    sign = 1.0 if maximize else -1.0
    best, best_epoch = sign * objectives[0], 0
    for epoch, objective in enumerate(objectives):
        if sign * objective > best + min_improvement:
            best, best_epoch = sign * objective, epoch
    return len(objectives) - 1 - best_epoch >= patience
