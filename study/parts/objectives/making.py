"""Which objective a task has."""

from __future__ import annotations

import torch
from torch import Tensor

from study.parts.objectives.classification import Classification
from study.parts.objectives.multi_label import MultiLabel
from study.parts.objectives.objective import Objective
from study.parts.objectives.ordinal import Ordinal
from study.parts.objectives.regression import Regression, Scale
from study.parts.tasks.label_sets import with_unknown
from study.parts.tasks.task import Task
from study.values.target_kind import TargetKind


def make_objective(task: Task, label_smoothing: float, class_weights: Tensor | None = None) -> Objective:
    """Return the objective of a task.

    Args:
        task: What is predicted.
        label_smoothing: Of the cross-entropy, in [0, 1).
        class_weights: What an example's loss counts, by its class, or what a label counts where it is present; all 1
            where not given.
    """
    match task.kind:
        case TargetKind.REGRESSION:
            return Regression(Scale.of(task.labels[task.splits.train]))
        case TargetKind.MULTI_LABEL:
            assert task.label_sets is not None, "labels are any number an example"
            sets = torch.from_numpy(with_unknown(task.label_sets))
            return MultiLabel(sets, label_smoothing=label_smoothing, positive_weights=class_weights)
        case TargetKind.ORDINAL:
            return Ordinal(len(task.classes), label_smoothing=label_smoothing, class_weights=class_weights)
        case _:
            return Classification(len(task.classes), label_smoothing=label_smoothing, class_weights=class_weights)
