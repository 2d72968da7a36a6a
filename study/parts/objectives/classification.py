"""Classification: cross-entropy with label smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from study.parts.objectives.classification_metrics import ClassificationMetrics, measure
from study.parts.objectives.cross_entropy import smoothed_cross_entropy
from study.parts.objectives.objective import MEASURED_AT_ONCE, Objective, StackedObjective
from study.parts.tasks.data import MISSING

if TYPE_CHECKING:
    from typing_extensions import Self


class Classification(Objective):
    """One class an example."""

    def __init__(self, num_classes: int, *, label_smoothing: float, class_weights: Tensor | None = None) -> None:
        """Set up.

        Args:
            num_classes: C, at least 2.
            label_smoothing: Share of the target spread evenly over all classes, in [0, 1) (Szegedy et al., 2016).
            class_weights: What an example's loss counts, by its class, shape (C,); all 1 where not given. The
                metrics know nothing of it.
        """
        assert num_classes >= 2, "one class is nothing to tell apart"
        self.num_classes = num_classes
        self.label_smoothing = label_smoothing
        self._class_weights = class_weights

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean smoothed cross-entropy, in nats, over a batch's labelled examples, as weighted."""
        if self._class_weights is not None:
            return self._weighted_loss(outputs, labels, self._class_weights.to(outputs))
        total = cross_entropy(
            outputs, labels, ignore_index=MISSING, label_smoothing=self.label_smoothing, reduction="sum"
        )
        # cross_entropy's own mean is 0 / 0 where no example has a label.
        return total / (labels != MISSING).sum().clamp(min=1)

    def _weighted_loss(self, outputs: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        # Examples are weighted, not classes as by cross_entropy's own weights, which smoothing would mix.
        each = cross_entropy(
            outputs, labels, ignore_index=MISSING, label_smoothing=self.label_smoothing, reduction="none"
        )
        return (each * weights[labels.clamp(min=0)]).sum() / (labels != MISSING).sum().clamp(min=1)

    def new_metrics(self) -> ClassificationMetrics:
        """Return an empty gatherer; its `loss` is this objective's, all examples weighted alike."""
        return ClassificationMetrics(self.num_classes, label_smoothing=self.label_smoothing)

    @classmethod
    def stack(cls, objectives: Sequence[Self]) -> StackedClassification:
        """Return the objectives of one task's several models as one."""
        return StackedClassification([objective.label_smoothing for objective in objectives])


class StackedClassification(StackedObjective):
    """Cross-entropy of several models, each with a label smoothing of its own."""

    def __init__(self, label_smoothing: Sequence[float]) -> None:
        self._label_smoothing = torch.tensor(label_smoothing, dtype=torch.float64)

    def losses(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return each model's mean smoothed cross-entropy over its labelled examples, shape (models,)."""
        labelled = labels != MISSING
        smoothing = self._label_smoothing.to(outputs).unsqueeze(-1)
        each = smoothed_cross_entropy(outputs.log_softmax(dim=-1), labels.clamp(min=0), smoothing)
        return (each * labelled).sum(dim=-1) / labelled.sum(dim=-1).clamp(min=1)

    def measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        """Return each model's metrics; a few models at a time, so as to hold no more than 64 MiB of logits."""
        found = []
        num_classes = outputs.shape[-1]
        size = max(1, MEASURED_AT_ONCE // (max(outputs.shape[-2], num_classes) * num_classes))
        for logits, smoothing in zip(torch.split(outputs, size), torch.split(self._label_smoothing, size), strict=True):
            found += measure(logits.cpu(), labels.cpu(), label_smoothing=smoothing)
        return found
