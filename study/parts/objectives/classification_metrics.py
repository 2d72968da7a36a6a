"""Metrics of a classifier, from all its logits at once."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from study.parts.objectives.calibration import brier_score, expected_calibration_error
from study.parts.objectives.confusion import balanced_accuracy, confusion_matrix, macro_f1
from study.parts.objectives.objective import Metrics
from study.parts.tasks.data import MISSING


class ClassificationMetrics(Metrics):
    """Gathers logits and labels, and measures them in float64 on the CPU.

    Everything is kept until the end: a result is then the same to the last bit however the examples were batched.
    """

    def __init__(self, num_classes: int, *, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        """Start empty.

        Args:
            num_classes: C.
            loss: The task's objective: mean over examples, of logits (N, C) and labels (N,).
        """
        self._num_classes = num_classes
        self._loss = loss
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Take in a batch: logits (N, C) and labels (N,); examples without a label are left out."""
        assert outputs.shape[1:] == (self._num_classes,), f"logits of shape {tuple(outputs.shape)}"
        labelled = labels != MISSING
        self._logits.append(outputs.detach()[labelled].cpu())
        self._labels.append(labels[labelled].cpu())

    def compute(self) -> dict[str, float]:
        """Return every classification metric by name; all are NaN if no example had a label or a logit is NaN.

        A model that has diverged predicts nothing, so it gets no accuracy either.
        """
        logits = torch.cat(self._logits).double() if self._logits else torch.empty(0, self._num_classes)
        labels = torch.cat(self._labels) if self._labels else torch.empty(0, dtype=torch.int64)
        log_probabilities = logits.log_softmax(dim=1)
        if len(labels) == 0 or log_probabilities.isnan().any():
            return dict.fromkeys(_NAMES, math.nan)
        probabilities = log_probabilities.exp()
        predicted = logits.argmax(dim=1)
        matrix = confusion_matrix(labels, predicted, self._num_classes)
        values = (
            self._loss(logits, labels),
            (predicted == labels).double().mean(),
            balanced_accuracy(matrix),
            macro_f1(matrix),
            -log_probabilities.gather(1, labels.unsqueeze(1)).mean(),
            expected_calibration_error(probabilities, labels),
            brier_score(probabilities, labels),
        )
        return {name: value.item() for name, value in zip(_NAMES, values, strict=True)}


_NAMES = ("loss", "accuracy", "balanced_accuracy", "macro_f1", "nll", "ece", "brier")
