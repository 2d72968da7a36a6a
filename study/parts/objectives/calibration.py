"""Metrics of predicted probabilities: do they mean what they say; leading dimensions are models."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

NUM_BINS = 15


def expected_calibration_error(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return the expected calibration error of the most probable class, shape (...).

    ECE = sum_m |B_m| / N * |acc(B_m) - conf(B_m)| over 15 bins ((m-1)/15, m/15] of confidence
    (Guo et al., 2017, On Calibration of Modern Neural Networks, eq. 3).

    Args:
        probabilities: float64, shape (..., N, C).
        labels: int64, shape (N,).
    """
    confidence, predicted = probabilities.max(dim=-1)
    inner_edges = torch.arange(1, NUM_BINS, dtype=torch.float64, device=confidence.device) / NUM_BINS
    # Closed on the right, so that a confidence of exactly 1 shares the last bin.
    bins = torch.bucketize(confidence, inner_edges)
    surplus = torch.zeros(*confidence.shape[:-1], NUM_BINS, dtype=torch.float64, device=confidence.device)
    surplus.scatter_add_(-1, bins, (predicted == labels).double() - confidence)
    return surplus.abs().sum(dim=-1) / len(labels)


def brier_score(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return the mean over examples of sum_c (p_c - y_c)^2, in [0, 2] (Brier, 1950): shape (...).

    Args:
        probabilities: float64, shape (..., N, C).
        labels: int64, shape (N,).
    """
    hit = one_hot(labels, probabilities.shape[-1])
    return (probabilities - hit).square().sum(dim=-1).mean(dim=-1)
