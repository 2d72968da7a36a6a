"""A stream of which a few examples of each class are trained on."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from study.learning.stream import Stream
from study.parts.tasks.data import MISSING


def keep_few(stream: Stream, examples_per_class: int, seed: int) -> Stream:
    """Return the same stream with few training examples: of each task k of each class, or all of a class with fewer.

    All training examples are put in one random order, and a task takes the first k of each class in it: what it is
    trained on at k is among what it is trained on at k + 1. Tasks on the same inputs share the order but choose for
    themselves, and of an example that only another one chose a task does not see the label. So a task has the same
    labelled examples in every arm, alone or with others. Inputs and validation stay as they are.

    Args:
        stream: As the full training split makes it.
        examples_per_class: k.
        seed: Of the random order.
    """
    order = stream.train[torch.randperm(len(stream.train), generator=torch.Generator().manual_seed(seed))]
    labels = stream.labels.clone()
    chosen = torch.zeros(labels.shape[1], dtype=torch.bool)
    for task, of_task in enumerate(stream.labels):
        few = _first_of_each_class(of_task, order, examples_per_class)
        labels[task, stream.train] = MISSING
        labels[task, few] = of_task[few]
        chosen[few] = True
    return replace(stream, labels=labels, train=stream.train[chosen[stream.train]])


def _first_of_each_class(labels: Tensor, order: Tensor, num: int) -> Tensor:
    """Return the rows of `order` that are among the first `num` of their class in it; none without a label."""
    order = order[labels[order] != MISSING]
    by_class = order[torch.argsort(labels[order], stable=True)]
    classes = labels[by_class].contiguous()
    places = torch.arange(len(classes)) - torch.searchsorted(classes, classes)
    return by_class[places < num]
