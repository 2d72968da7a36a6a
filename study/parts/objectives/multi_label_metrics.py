"""Metrics of models that give any number of labels, from all their logits at once."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from study.parts.objectives.objective import Metrics
from study.parts.tasks.data import MISSING
from study.statistics.weighted_label_metrics import WEIGHTED_LABEL_METRICS, example_losses


class MultiLabelMetrics(Metrics):
    """Gathers logits and labels, and measures them in float64 on the CPU, however they were batched."""

    def __init__(self, sets: Tensor, *, label_smoothing: float) -> None:
        """Start empty.

        Args:
            sets: What labels stand for, int8 of shape (S + 1, L).
            label_smoothing: Of the loss.
        """
        self._sets = sets
        self._label_smoothing = label_smoothing
        self._logits: list[Tensor] = []
        self._labels: list[Tensor] = []

    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Take in a batch: logits (N, L) and labels (N,); examples of which nothing is known are left out."""
        assert outputs.shape[1:] == self._sets.shape[1:], f"logits of shape {tuple(outputs.shape)}"
        self._logits.append(outputs.detach().cpu())
        self._labels.append(labels.cpu())

    def compute(self) -> dict[str, float]:
        """Return every metric of labels by name; all are NaN if no example had a label or a logit is NaN."""
        logits = torch.cat(self._logits) if self._logits else torch.empty(0, self._sets.shape[1])
        labels = torch.cat(self._labels) if self._labels else torch.empty(0, dtype=torch.int64)
        smoothing = torch.tensor([self._label_smoothing], dtype=torch.float64)
        (metrics,) = measure(logits.unsqueeze(0), labels, self._sets, label_smoothing=smoothing)
        return metrics


def measure(logits: Tensor, labels: Tensor, sets: Tensor, *, label_smoothing: Tensor) -> list[dict[str, float]]:
    """Return every metric of labels by name, of several models on the same examples.

    Args:
        logits: Shape (models, N, L), on the CPU.
        labels: int64, shape (N,): positions in `sets`; examples of which nothing is known are left out.
        sets: int8, shape (S + 1, L).
        label_smoothing: Of each model's loss, shape (models,).
    """
    labelled = labels != MISSING
    given = logits[:, labelled].double().numpy()
    entries = sets.cpu()[labels[labelled]].numpy()
    names = ("loss", *WEIGHTED_LABEL_METRICS)
    found = np.full((len(given), len(names)), math.nan)
    # A model that has diverged predicts nothing, so that it gets no metric at all.
    whole = ~np.isnan(given).any(axis=(1, 2))
    if len(entries) and whole.any():
        alike = np.ones((1, len(entries)))
        losses = example_losses(given[whole], entries, label_smoothing.numpy()[whole]).mean(axis=1)
        others = [metric(given[whole], entries, alike)[:, 0] for metric in WEIGHTED_LABEL_METRICS.values()]
        found[whole] = np.stack([losses, *others], axis=1)
    return [dict(zip(names, row, strict=True)) for row in found.tolist()]
