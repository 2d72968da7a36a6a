"""Metrics of predicted classes, from the confusion matrix."""

from __future__ import annotations

import torch
from torch import Tensor


def confusion_matrix(labels: Tensor, predicted: Tensor, num_classes: int) -> Tensor:
    """Return how many examples of each class (row) were taken for each class (column): int64, shape (C, C)."""
    flat = torch.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return flat.reshape(num_classes, num_classes)


def balanced_accuracy(matrix: Tensor) -> Tensor:
    """Return the mean recall over the classes that occur in the labels, as scikit-learn defines it.

    A class that is only predicted has no recall; torchmetrics' macro recall counts it as 0.
    """
    support = matrix.sum(dim=1)
    present = support > 0
    return (matrix.diagonal()[present].double() / support[present]).mean()


def macro_f1(matrix: Tensor) -> Tensor:
    """Return the mean F1 over the classes that occur in the labels or the predictions, as scikit-learn defines it.

    F1 = 2 TP / (2 TP + FP + FN); a class that is predicted but occurs nowhere has 0.
    """
    counts = matrix.sum(dim=0) + matrix.sum(dim=1)
    present = counts > 0
    return (2 * matrix.diagonal()[present].double() / counts[present]).mean()
