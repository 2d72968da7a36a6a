"""Metrics that are taken of all outputs at once."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from study.parts.objectives.objective import Metrics


class GatheredMetrics(Metrics):
    """Keeps outputs and labels on the CPU until the end: the result is the same to the last bit however they came."""

    def __init__(self, width: int, *, what: str) -> None:
        """Start empty.

        Args:
            width: Of an example's outputs.
            what: They are, for messages.
        """
        self._width = width
        self._what = what
        self._outputs: list[Tensor] = []
        self._labels: list[Tensor] = []

    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Take in a batch: outputs (N, width) and labels (N,); examples without a label are left out."""
        assert outputs.shape[1:] == (self._width,), f"{self._what} of shape {tuple(outputs.shape)}"
        self._outputs.append(outputs.detach().cpu())
        self._labels.append(labels.cpu())

    def compute(self) -> dict[str, float]:
        """Return every metric by name; all are NaN if no example had a label or an output is NaN."""
        outputs = torch.cat(self._outputs) if self._outputs else torch.empty(0, self._width)
        labels = torch.cat(self._labels) if self._labels else torch.empty(0, dtype=torch.int64)
        (metrics,) = self._measure(outputs.unsqueeze(0), labels)
        return metrics

    @abstractmethod
    def _measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        """Return the metrics of each model: outputs (models, N, width), labels (N,) or MISSING."""
