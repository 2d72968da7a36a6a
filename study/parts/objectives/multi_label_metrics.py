"""Metrics of models that give any number of labels, from all their logits at once."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from study.parts.objectives.gathered import GatheredMetrics
from study.parts.tasks.data import MISSING
from study.statistics.weighted_label_metrics import WEIGHTED_LABEL_METRICS, example_losses


class MultiLabelMetrics(GatheredMetrics):
    """Gathers logits (N, L) and labels (N,), and measures them in float64 on the CPU."""

    def __init__(self, sets: Tensor, *, label_smoothing: float) -> None:
        """Start empty.

        Args:
            sets: What labels stand for, int8 of shape (S + 1, L).
            label_smoothing: Of the loss.
        """
        super().__init__(sets.shape[1], what="logits")
        self._sets = sets
        self._label_smoothing = torch.tensor([label_smoothing], dtype=torch.float64)

    def _measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        return measure(outputs, labels, self._sets, label_smoothing=self._label_smoothing)


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
