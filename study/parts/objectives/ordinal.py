"""Classes in an order: conditional probabilities of being above each but the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from study.parts.objectives.classification import Classification, StackedClassification
from study.parts.objectives.gathered import GatheredMetrics
from study.parts.objectives.objective import Metrics, Objective, StackedObjective
from study.parts.objectives.ordinal_metrics import with_ordinal_metrics

if TYPE_CHECKING:
    from typing_extensions import Self


class Ordinal(Objective):
    """One of K classes in an order, by K - 1 outputs (CORN: Shi, Cao and Raschka, 2023).

    Output k is the logit of P(y > k | y > k - 1); products of them are P(y > k), which fall with k whatever the outputs
    are. CORN's loss sums over k the binary cross-entropy of the examples with y > k - 1, which is -log P(y) of each
    example. It divides by the number of all such pairs in a batch; here it is the mean over examples, so that the loss
    is in nats an example and parts of a batch add up.
    """

    def __init__(self, num_classes: int, *, label_smoothing: float, class_weights: Tensor | None = None) -> None:
        """Set up.

        Args:
            num_classes: K, at least 2.
            label_smoothing: Share of the target spread evenly over all classes, in [0, 1).
            class_weights: What an example's loss counts, by its class, shape (K,); all 1 where not given.
        """
        self._classes = Classification(num_classes, label_smoothing=label_smoothing, class_weights=class_weights)

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean smoothed -log P(y), in nats, over a batch's labelled examples, as weighted."""
        return self._classes.loss(class_log_probabilities(outputs), labels)

    def new_metrics(self) -> Metrics:
        """Return an empty gatherer; its `loss` is this objective's, all examples weighted alike."""
        return _OrdinalMetrics(self._classes)

    def predicted(self, outputs: Tensor) -> Tensor:
        """Return log P(y = k) of each class, shape (N, K), which are logits too."""
        return class_log_probabilities(outputs)

    @classmethod
    def stack(cls, objectives: Sequence[Self]) -> StackedOrdinal:
        """Return the objectives of one task's several models as one."""
        return StackedOrdinal(Classification.stack([objective._classes for objective in objectives]))


class StackedOrdinal(StackedObjective):
    """The same of several models, each with a label smoothing of its own."""

    def __init__(self, classes: StackedClassification) -> None:
        self._classes = classes

    def losses(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return each model's mean smoothed -log P(y) over its labelled examples, shape (models,)."""
        return self._classes.losses(class_log_probabilities(outputs), labels)

    def measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        """Return each model's metrics."""
        logits = class_log_probabilities(outputs)
        of_classes = self._classes.measure(logits, labels)
        return [with_ordinal_metrics(one, own, labels) for one, own in zip(of_classes, logits, strict=True)]


class _OrdinalMetrics(GatheredMetrics):
    """Gathers outputs (N, K - 1) and labels (N,), and measures them as a stack of one model is."""

    def __init__(self, classes: Classification) -> None:
        super().__init__(classes.num_classes - 1, what="outputs")
        self._stacked = StackedOrdinal(Classification.stack([classes]))

    def _measure(self, outputs: Tensor, labels: Tensor) -> list[dict[str, float]]:
        return self._stacked.measure(outputs, labels)


def class_log_probabilities(outputs: Tensor) -> Tensor:
    """Return log P(y = k), shape (..., K), of outputs (..., K - 1).

    P(y = k) = P(y > k - 1) (1 - P(y > k | y > k - 1)), with P(y > -1) = 1 and no class above the last.
    """
    certain = torch.zeros_like(outputs[..., :1])
    above = torch.cat([certain, logsigmoid(outputs).cumsum(dim=-1)], dim=-1)
    not_further = torch.cat([logsigmoid(-outputs), certain], dim=-1)
    return above + not_further
