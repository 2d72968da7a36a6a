"""A stream: the examples that one or several tasks share, as the model reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.bucketing import bucketed
from study.learning.inputs import Inputs
from study.learning.prefetching import batches
from study.learning.reading import Reading
from study.parts.tasks.task import Task
from study.values.problems import InputError


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
    ahead: bool | None = None
    """Whether batches are fetched ahead of time where they are not on the device; None: where that is a GPU."""

    @property
    def training_start(self) -> int:
        """First stage that what is trained on still has to go through."""
        return self.start if self.augmented is None else self.augmented_start

    def training_reading(self, rows: Tensor, device: torch.device) -> Reading:
        """Return the reading of what to train on of `rows`."""
        return Reading(self._training_inputs, rows, device, ahead=self.training_fetches_ahead(device))

    def training_fetches_ahead(self, device: torch.device) -> bool:
        """Whether what is trained on is fetched ahead of time."""
        return self._fetches_ahead(self._training_inputs, device)

    def batches(
        self, parts: Sequence[Tensor], device: torch.device
    ) -> AbstractContextManager[Iterator[tuple[Tensor, Tensor]]]:
        """Give the rows and the inputs of each part, one after another, as they are and not augmented."""
        return batches(self.inputs, parts, device, ahead=self._fetches_ahead(self.inputs, device))

    @property
    def _training_inputs(self) -> Inputs:
        return self.inputs if self.augmented is None else self.augmented

    def _fetches_ahead(self, inputs: Inputs, device: torch.device) -> bool:
        wanted = device.type == "cuda" if self.ahead is None else self.ahead
        return wanted and inputs.on_host

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
