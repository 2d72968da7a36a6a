"""Unfreezing: which of the unfrozen stages are trained in which epoch."""

from __future__ import annotations

from study.values.hyperparameters import Hyperparameters


def first_trained_stage(values: Hyperparameters, num_stages: int, epoch: int) -> int:
    """Return the first stage that is trained in an epoch; S where heads alone are.

    Args:
        values: The configuration.
        num_stages: S of the backbone.
        epoch: Counted from 1.
    """
    since = epoch - 1 - heads_alone_epochs(values)
    if since < 0:
        return num_stages
    if values.unfreeze_every is None:
        return values.freezing_depth
    return max(values.freezing_depth, num_stages - 1 - since // values.unfreeze_every)


def partial_epochs(values: Hyperparameters, num_stages: int) -> int:
    """Return in how many epochs, from the first on, not all unfrozen stages are trained; 0 where there is none."""
    num_unfrozen = num_stages - values.freezing_depth
    if num_unfrozen == 0:
        return 0
    return heads_alone_epochs(values) + (num_unfrozen - 1) * (values.unfreeze_every or 0)


def heads_alone_epochs(values: Hyperparameters) -> int:
    """Return in how many epochs, from the first on, heads alone are trained."""
    return values.probe_epochs or values.unfreeze_every or 0
