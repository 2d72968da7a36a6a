"""Metrics of predicted numbers, from all outputs at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from study.parts.objectives.objective import Metrics
from study.parts.tasks.data import MISSING

_NAMES = ("loss", "mse", "rmse", "mae", "r2")


class RegressionMetrics(Metrics):
    """Gathers outputs and labels, and measures them in float64 on the CPU, however they were batched."""

    def __init__(self, mean: float, std: float) -> None:
        """Start empty.

        Args:
            mean: What an output of 0 stands for.
            std: What an output grows by 1 for.
        """
        self._mean, self._std = mean, std
        self._outputs: list[Tensor] = []
        self._labels: list[Tensor] = []

    def update(self, outputs: Tensor, labels: Tensor) -> None:
        """Take in a batch: outputs (N, 1) and labels (N,); examples without a label are left out."""
        assert outputs.shape[1:] == (1,), f"outputs of shape {tuple(outputs.shape)}"
        self._outputs.append(outputs.detach().cpu())
        self._labels.append(labels.cpu())

    def compute(self) -> dict[str, float]:
        """Return every metric of regression by name; all are NaN if no example had a label or an output is NaN."""
        outputs = torch.cat(self._outputs) if self._outputs else torch.empty(0, 1)
        labels = torch.cat(self._labels) if self._labels else torch.empty(0, dtype=torch.int64)
        (metrics,) = measure(outputs.unsqueeze(0), labels, mean=self._mean, std=self._std)
        return metrics


def measure(outputs: Tensor, labels: Tensor, *, mean: float, std: float) -> list[dict[str, float]]:
    """Return every metric of regression by name, of several models on the same examples.

    R2 = 1 - sum (y - p)^2 / sum (y - mean y)^2 over the examples measured (Wright, 1921); NaN where y does not vary.

    Args:
        outputs: Standardised, shape (models, N, 1).
        labels: Numbers as labels, int64 of shape (N,); examples without one are left out.
        mean: What an output of 0 stands for.
        std: What an output grows by 1 for.
    """
    labelled = labels != MISSING
    numbers = labels[labelled].view(torch.float64)
    if len(numbers) == 0:
        return [dict.fromkeys(_NAMES, math.nan) for _ in outputs]
    errors = outputs[:, labelled, 0].double() * std + mean - numbers
    mse = errors.square().mean(dim=-1)
    spread = (numbers - numbers.mean()).square().mean()
    explained = 1 - mse / spread if spread > 0 else torch.full_like(mse, math.nan)
    values = torch.stack([mse / std**2, mse, mse.sqrt(), errors.abs().mean(dim=-1), explained], dim=-1)
    return [dict(zip(_NAMES, row, strict=True)) for row in values.tolist()]
