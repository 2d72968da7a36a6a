"""Metrics of predicted classes, from the confusion matrix; leading dimensions are models."""

from __future__ import annotations

import torch
from torch import Tensor


def confusion_matrix(labels: Tensor, predicted: Tensor, num_classes: int) -> Tensor:
    """Return how many examples of each class (row) were taken for each class (column): int64, shape (..., C, C).

    Args:
        labels: int64, shape (N,).
        predicted: int64, shape (..., N).
        num_classes: C.
    """
    models = predicted.shape[:-1]
    cells = (labels * num_classes + predicted).reshape(models.numel(), -1)
    first_cells = torch.arange(models.numel(), device=cells.device).unsqueeze(1) * num_classes**2
    counts = torch.bincount((cells + first_cells).flatten(), minlength=models.numel() * num_classes**2)
    return counts.reshape(*models, num_classes, num_classes)


def balanced_accuracy(matrix: Tensor) -> Tensor:
    """Return the mean recall over the classes that occur in the labels, as scikit-learn defines it: shape (...).

    A class that is only predicted has no recall; torchmetrics' macro recall counts it as 0.
    """
    return _mean_share(_diagonal(matrix), matrix.sum(dim=-1))


def macro_f1(matrix: Tensor) -> Tensor:
    """Return the mean F1 over the classes that occur in the labels or the predictions, as scikit-learn: shape (...).

    F1 = 2 TP / (2 TP + FP + FN); a class that is predicted but occurs nowhere has 0.
    """
    return _mean_share(2 * _diagonal(matrix), matrix.sum(dim=-2) + matrix.sum(dim=-1))


def _diagonal(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1).double()


def _mean_share(parts: Tensor, counts: Tensor) -> Tensor:
    """Return the mean of parts / counts over the classes that have a count."""
    return (parts / counts.clamp(min=1)).sum(dim=-1) / (counts > 0).sum(dim=-1)
