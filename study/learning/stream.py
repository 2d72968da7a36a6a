"""A stream: the examples that one or several tasks share, as the model reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.bucketing import bucketed
from study.parts.tasks.task import Task
from study.values.problems import InputError


class Inputs(Protocol):
    """Anything that gives a batch of what the model takes: images, or cached features."""

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return the inputs of `rows` on `device`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Tasks on the same inputs: one image with several labels goes through the backbone once."""

    tasks: tuple[int, ...]
    """Positions of its tasks in the arm."""
    inputs: Inputs
    start: int
    """First stage that `inputs` still has to go through."""
    augmented: Inputs | None = None
    """What is trained on in place of `inputs`, where training examples are augmented."""
    augmented_start: int = 0
    """First stage that `augmented` still has to go through."""
    labels: Tensor
    """int64, shape (len(tasks), rows), or MISSING."""
    train: Tensor
    """Rows to train on."""
    validation: Tensor
    """Rows to validate on."""
    outer: Tensor | None = None
    """Rows that are set aside; None where none are."""
    lengths: Tensor | None = None
    """Of each row, shape (rows,), where inputs differ in length; batches to train on are then of like lengths."""

    def training_batch(self, rows: Tensor, device: torch.device) -> tuple[Tensor, int]:
        """Return what to train on of `rows`, and the first stage that it has to go through."""
        if self.augmented is None:
            return self.inputs.batch(rows, device), self.start
        return self.augmented.batch(rows, device), self.augmented_start

    def train_sample(self, seed: int) -> Tensor:
        """Return as many training rows as there are validation rows, the same ones at every epoch.

        The train metrics are measured on them: an unbiased estimate that costs no more than validation does.
        """
        if len(self.train) <= len(self.validation):
            return self.train
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(seed))
        return self.train[order[: len(self.validation)].sort().values]


def group_tasks(tasks: Sequence[Task]) -> list[tuple[int, ...]]:
    """Return the positions of tasks that share their inputs, group by group, in order of first appearance."""
    groups: dict[tuple[int, bytes], list[int]] = {}
    for position, task in enumerate(tasks):
        groups.setdefault((id(task.inputs), task.splits.train.tobytes()), []).append(position)
    return [tuple(group) for group in groups.values()]


def shuffled_batches(
    rows: Tensor, batch_size: int, generator: torch.Generator, lengths: Tensor | None = None
) -> Iterator[Tensor]:
    """Yield rows in random order, `batch_size` at a time, leaving out a last batch that is not full.

    Batch normalisation is undefined on one example and noisy on few, hence full batches only.

    Args:
        rows: Those to train on.
        batch_size: Rows a batch.
        generator: Decides the order.
        lengths: Of all rows, where rows of like lengths are to share a batch; which do is drawn anew every time.
    """
    order = rows[torch.randperm(len(rows), generator=generator)]
    if lengths is not None:
        order = bucketed(order, lengths[order], batch_size, generator)
    for start in range(0, len(order) - batch_size + 1, batch_size):
        yield order[start : start + batch_size]


def endless_batches(
    rows: Tensor, batch_size: int, generator: torch.Generator, lengths: Tensor | None = None
) -> Iterator[Tensor]:
    """Yield batches as `shuffled_batches` does, in another order whenever the rows are through."""
    assert len(rows) >= batch_size, "checked with the batch size"
    while True:
        yield from shuffled_batches(rows, batch_size, generator, lengths)


def num_batches(rows: Tensor, batch_size: int) -> int:
    """Return how many full batches `rows` hold."""
    return len(rows) // batch_size


def clipped_batch_size(batch_size: int, streams: Sequence[Stream]) -> int:
    """Return a batch size that every stream has examples for."""
    return min(batch_size, *(len(stream.train) for stream in streams))


def check_batch_size(batch_size: int, stream: Stream, tasks: Sequence[Task], num_workers: int = 1) -> None:
    """Refuse a batch larger than a stream's training split, or too small for each worker to have an example of it.

    Raises:
        InputError: Naming the batch size, the tasks and the split's size, or the number of workers.
    """
    if batch_size < num_workers:
        raise InputError(f"batch_size = {batch_size} cannot be shared by workers_per_trial = {num_workers}")
    if batch_size > len(stream.train):
        names = ", ".join(tasks[position].name for position in stream.tasks)
        raise InputError(
            f"batch_size = {batch_size}, but the training split of {names} has {len(stream.train)} examples"
        )


def label_matrix(tasks: Sequence[Task], group: Sequence[int], examples: NDArray[np.int64]) -> Tensor:
    """Return the labels of `examples` for each task of a group: int64, shape (len(group), len(examples))."""
    return torch.from_numpy(np.stack([tasks[position].labels[examples] for position in group]))
