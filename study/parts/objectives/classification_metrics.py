"""Metrics of classifiers, from all their logits at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from study.parts.objectives.calibration import brier_score, expected_calibration_error
from study.parts.objectives.confusion import balanced_accuracy, confusion_matrix, macro_f1
from study.parts.objectives.cross_entropy import smoothed_cross_entropy
from study.parts.objectives.gathered import GatheredMetrics
from study.parts.tasks.data import MISSING


class ClassificationMetrics(GatheredMetrics):
    """Gathers logits (N, C) and labels (N,), and measures them in float64 on the CPU."""

    def __init__(self, num_classes: int, *, label_smoothing: float) -> None:
        """Start empty.

        Args:
            num_classes: C.
            label_smoothing: Of the loss.
        """
        super().__init__(num_classes, what="logits")
        self._label_smoothing = torch.tensor([label_smoothing], dtype=torch.float64)

    def _measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        return measure(outputs, labels, label_smoothing=self._label_smoothing)


def measure(logits: Tensor, labels: Tensor, *, label_smoothing: Tensor) -> list[dict[str, float]]:
    """Return every classification metric by name, of several models on the same examples.

    A model that has diverged (a logit is NaN) predicts nothing, so it gets no accuracy either: all its metrics are
    NaN, as are those of all models where no example has a label.

    Args:
        logits: Shape (models, N, C).
        labels: int64, shape (N,); examples without a label are left out.
        label_smoothing: Of each model's loss, shape (models,).
    """
    labelled = labels != MISSING
    if not bool(labelled.all()):
        logits, labels = logits[:, labelled], labels[labelled]
    if len(labels) == 0:
        return [dict.fromkeys(_NAMES, math.nan) for _ in logits]
    logits = logits.double()
    log_probabilities = logits.log_softmax(dim=-1)
    probabilities = log_probabilities.exp()
    predicted = logits.argmax(dim=-1)
    matrix = confusion_matrix(labels, predicted, logits.shape[-1])
    plain = torch.zeros(1, dtype=torch.float64)
    values = torch.stack(
        [
            smoothed_cross_entropy(log_probabilities, labels, label_smoothing.double().unsqueeze(-1)).mean(dim=-1),
            (predicted == labels).double().mean(dim=-1),
            balanced_accuracy(matrix),
            macro_f1(matrix),
            smoothed_cross_entropy(log_probabilities, labels, plain).mean(dim=-1),
            expected_calibration_error(probabilities, labels),
            brier_score(probabilities, labels),
        ],
        dim=-1,
    )
    values[log_probabilities.isnan().any(dim=-1).any(dim=-1)] = math.nan
    return [dict(zip(_NAMES, row, strict=True)) for row in values.tolist()]


_NAMES = ("loss", "accuracy", "balanced_accuracy", "macro_f1", "nll", "ece", "brier")
