"""What an example's loss counts, by its class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.learning.stream import Stream
from study.parts.tasks.data import MISSING
from study.parts.tasks.label_sets import decoded_sets
from study.parts.tasks.task import Task
from study.values.fine_tuning_methods import ClassWeighting
from study.values.hyperparameters import Hyperparameters
from study.values.target_kind import TargetKind


def class_weights(values: Hyperparameters, streams: Sequence[Stream], position: int, task: Task) -> Tensor | None:
    """Return n / (C n_c) for each class, of the task's n labelled training examples, shape (C,); None for no weights.

    A class without training examples counts nothing, as no loss is ever of it, and is not one of the C. Of any number
    of labels each is weighted by itself: absent by 1, present by n_absent / n_present.

    Args:
        values: Whether any are wanted.
        streams: One of them has the task.
        position: Of the task in the arm.
        task: Has classes or labels, or none: a number has no weights.
    """
    if values.class_weighting is ClassWeighting.NONE or task.kind is TargetKind.REGRESSION:
        return None
    [labels] = [one.labels[one.tasks.index(position), one.train] for one in streams if position in one.tasks]
    if task.label_sets is not None:
        entries = torch.from_numpy(decoded_sets(labels.numpy(), task.label_sets))
        return (entries == 0).sum(dim=0).double() / (entries == 1).sum(dim=0).clamp(min=1)
    counts = torch.bincount(labels[labels != MISSING], minlength=len(task.classes)).double()
    present = counts > 0
    weights = counts.sum() / (present.sum() * counts.clamp(min=1))
    return torch.where(present, weights, 0.0)
