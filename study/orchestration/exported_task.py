"""What an exported model predicts, and what a prediction says."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from study.parts.objectives import Scale, class_log_probabilities
from study.statistics.median_class import median_class
from study.values.frozen import Frozen
from study.values.problems import InputError
from study.values.target_kind import TargetKind


class ExportedTask(Frozen):
    """One thing that the model predicts."""

    name: str
    classes: tuple[str, ...]
    """Or labels, of which an input may have any number; none where it is a number."""
    kind: TargetKind = TargetKind.CLASSIFICATION
    """Models of earlier versions do not say it; where they predict a number `mean` and `std` do."""
    mean: float | None = None
    """Of a number: what an output of 0 stands for."""
    std: float | None = None
    """Of a number: what an output grows by 1 for."""

    @property
    def output_width(self) -> int:
        """Of its head."""
        return 1 if self.is_number else self.kind.output_width(len(self.classes))

    @property
    def is_number(self) -> bool:
        """Whether it is predicted as a number."""
        return self.mean is not None and self.std is not None

    @property
    def described(self) -> str:
        """What it is, for a person."""
        listed = ", ".join(self.classes)
        if self.kind is TargetKind.MULTI_LABEL:
            return f"any of {listed}"
        if self.kind is TargetKind.ORDINAL:
            return f"one of {' < '.join(self.classes)}"
        return listed or "a number"

    def prediction(self, outputs: Tensor) -> Prediction:
        """Return what outputs (N, output_width) say."""
        if self.mean is not None and self.std is not None:
            numbers = Scale(self.mean, self.std).original(outputs[:, 0].cpu())
            return Prediction(classes=(), probabilities=torch.empty(len(numbers), 0), numbers=numbers)
        if self.kind is TargetKind.MULTI_LABEL:
            return Prediction(classes=self.classes, probabilities=outputs.sigmoid().cpu(), kind=self.kind)
        if self.kind is TargetKind.ORDINAL:
            probabilities = class_log_probabilities(outputs).exp().cpu()
            return Prediction(classes=self.classes, probabilities=probabilities, kind=self.kind)
        return Prediction(classes=self.classes, probabilities=outputs.softmax(dim=1).cpu())


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model says of some inputs, for one task."""

    classes: tuple[str, ...]
    """Or labels, of which an input may have any number."""
    probabilities: Tensor
    """float32, shape (N, len(classes)); each row sums to 1, unless an input may have any number of labels."""
    numbers: Tensor | None = None
    """float64, shape (N,), in the target's unit, where a number is predicted; there are then no classes."""
    kind: TargetKind = TargetKind.CLASSIFICATION

    @property
    def labels(self) -> list[str]:
        """The most probable class of each input; of classes in an order the median one.

        Raises:
            InputError: If a number is predicted, or any number of labels.
        """
        if self.numbers is not None:
            raise InputError("a number is predicted, which has no label; it is in `numbers`")
        if self.kind is TargetKind.MULTI_LABEL:
            raise InputError("an input may have any number of labels; they are in `label_sets`")
        if self.kind is TargetKind.ORDINAL:
            places = median_class(self.probabilities.double().numpy()).tolist()
        else:
            places = self.probabilities.argmax(dim=1).tolist()
        return [self.classes[place] for place in places]

    @property
    def label_sets(self) -> list[tuple[str, ...]]:
        """The labels of each input: those with a probability above 0.5.

        Raises:
            InputError: If an input has one class, or a number is predicted.
        """
        if self.kind is not TargetKind.MULTI_LABEL:
            raise InputError("an input has no set of labels here; what it has is in `labels` or `numbers`")
        rows = (self.probabilities > 0.5).tolist()
        return [tuple(name for name, has in zip(self.classes, row, strict=True) if has) for row in rows]
