"""Classification: cross-entropy with label smoothing."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cross_entropy

from study.parts.objectives.classification_metrics import ClassificationMetrics
from study.parts.objectives.objective import Objective
from study.parts.tasks.data import MISSING


class Classification(Objective):
    """One class an example."""

    def __init__(self, num_classes: int, *, label_smoothing: float) -> None:
        """Set up.

        Args:
            num_classes: C, at least 2.
            label_smoothing: Share of the target spread evenly over all classes, in [0, 1) (Szegedy et al., 2016).
        """
        assert num_classes >= 2, "one class is nothing to tell apart"
        self._num_classes = num_classes
        self._label_smoothing = label_smoothing

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean smoothed cross-entropy, in nats, over the labelled examples of a batch."""
        total = cross_entropy(
            outputs, labels, ignore_index=MISSING, label_smoothing=self._label_smoothing, reduction="sum"
        )
        # cross_entropy's own mean is 0 / 0 where no example has a label.
        return total / (labels != MISSING).sum().clamp(min=1)

    def new_metrics(self) -> ClassificationMetrics:
        """Return an empty gatherer; its `loss` is this objective's."""
        return ClassificationMetrics(self._num_classes, loss=self.loss)
