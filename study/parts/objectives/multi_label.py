"""Any number of labels: the binary cross-entropy of each, with label smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from study.parts.objectives.multi_label_metrics import MultiLabelMetrics, measure
from study.parts.objectives.objective import MEASURED_AT_ONCE, Objective, StackedObjective

if TYPE_CHECKING:
    from typing_extensions import Self


class MultiLabel(Objective):
    """Any number of labels an example."""

    def __init__(self, sets: Tensor, *, label_smoothing: float, positive_weights: Tensor | None = None) -> None:
        """Set up.

        Args:
            sets: What labels stand for, int8 of shape (S + 1, L), as `label_sets.with_unknown` returns it.
            label_smoothing: Share of each label's target spread evenly over present and absent, in [0, 1).
            positive_weights: What a label counts where it is present, shape (L,); all 1 where not given. The metrics
                know nothing of it.
        """
        self._sets = sets
        self.label_smoothing = label_smoothing
        self._positive_weights = positive_weights

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean smoothed cross-entropy, in nats, over a batch's labelled examples.

        An example's is the mean over its known labels, so that parts of a batch add up by their numbers of examples;
        where all are known the whole is the mean over all labels.
        """
        smoothing = torch.full((1, 1), self.label_smoothing, dtype=torch.float64)
        return _mean_losses(outputs, self._entries(labels), smoothing, self._positive_weights)

    def new_metrics(self) -> MultiLabelMetrics:
        """Return an empty gatherer; its `loss` is this objective's, all labels weighted alike."""
        return MultiLabelMetrics(self._sets, label_smoothing=self.label_smoothing)

    @classmethod
    def stack(cls, objectives: Sequence[Self]) -> StackedMultiLabel:
        """Return the objectives of one task's several models as one."""
        return StackedMultiLabel(objectives[0]._sets, [objective.label_smoothing for objective in objectives])

    def _entries(self, labels: Tensor) -> Tensor:
        self._sets = self._sets.to(labels.device)  # copied once
        return self._sets[labels]


class StackedMultiLabel(StackedObjective):
    """Binary cross-entropy of several models, each with a label smoothing of its own."""

    def __init__(self, sets: Tensor, label_smoothing: Sequence[float]) -> None:
        self._sets = sets
        self._label_smoothing = torch.tensor(label_smoothing, dtype=torch.float64)

    def losses(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return each model's mean smoothed cross-entropy over its labelled examples, shape (models,)."""
        self._sets = self._sets.to(labels.device)  # copied once
        return _mean_losses(outputs, self._sets[labels], self._label_smoothing[:, None, None])

    def measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        """Return each model's metrics; a few models at a time, so as to hold no more than 64 MiB of logits."""
        found = []
        size = max(1, MEASURED_AT_ONCE // (outputs.shape[-2] * outputs.shape[-1]))
        for logits, smoothing in zip(torch.split(outputs, size), torch.split(self._label_smoothing, size), strict=True):
            found += measure(logits.cpu(), labels.cpu(), self._sets, label_smoothing=smoothing)
        return found


def _mean_losses(
    logits: Tensor, entries: Tensor, label_smoothing: Tensor, positive_weights: Tensor | None = None
) -> Tensor:
    """Return the mean over labelled examples of the mean over known labels, shape (...); 0 where there is none.

    With y smoothed to y (1 - e) + e / 2, a label costs -(w y log p + (1 - y) log (1 - p)), as torch's binary
    cross-entropy with `pos_weight` w.

    Args:
        logits: Shape (..., N, L).
        entries: 1, 0 or -1, shape (..., N, L).
        label_smoothing: e, of a shape that logits' can be multiplied by.
        positive_weights: w, shape (L,).
    """
    known = entries >= 0
    spread = label_smoothing.to(logits)
    wanted = (entries == 1).to(logits.dtype) * (1 - spread) + spread / 2
    counts = wanted if positive_weights is None else wanted * positive_weights.to(logits)
    each = -(counts * logsigmoid(logits) + (1 - wanted) * logsigmoid(-logits)) * known
    of_example = each.sum(dim=-1) / known.sum(dim=-1).clamp(min=1)
    return of_example.sum(dim=-1) / known.any(dim=-1).sum(dim=-1).clamp(min=1)
