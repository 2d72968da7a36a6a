"""Cross-entropy with label smoothing; leading dimensions are models, each with a smoothing of its own."""

from __future__ import annotations

import torch
from torch import Tensor


def smoothed_cross_entropy(log_probabilities: Tensor, labels: Tensor, label_smoothing: Tensor) -> Tensor:
    """Return the loss of each example in nats, shape (..., N).

    (1 - e) * -log p_y + e * mean_c(-log p_c): the target is spread by a share e evenly over all classes
    (Szegedy et al., 2016, Rethinking the Inception Architecture, section 7).

    Args:
        log_probabilities: Shape (..., N, C).
        labels: int64, shape (..., N) or (N,).
        label_smoothing: e in [0, 1), of shape (..., 1).
    """
    rows = labels.expand(log_probabilities.shape[:-1]).unsqueeze(-1)
    surprise = -log_probabilities.gather(-1, rows).squeeze(-1)
    spread = -label_smoothing * log_probabilities.mean(dim=-1)
    # Without smoothing a class of probability 0 costs nothing; 0 * inf would be NaN.
    return (1 - label_smoothing) * surprise + torch.where(label_smoothing > 0, spread, 0.0)
