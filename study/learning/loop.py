"""One epoch of training: the sum over tasks of w_t L_t, a step a batch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import torch
from torch import Tensor, nn, optim
from torch.optim.lr_scheduler import LambdaLR

from study.learning.errors import TrainingError
from study.learning.model import AdaptedModel
from study.learning.ranks import ALONE, Ranks
from study.learning.stream import Stream, num_batches, shuffled_batches
from study.learning.updating import Update, add_up
from study.parts.objectives import Objective
from study.parts.tasks.data import MISSING
from study.values.fine_tuning_methods import FineTuningMethods


@dataclass(kw_only=True)
class Learner:
    """What is trained, and by what."""

    model: AdaptedModel
    streams: Sequence[Stream]
    task_names: Sequence[str]
    objectives: Sequence[Objective]
    """One a task."""
    weights: Sequence[float]
    """w_t, one a task."""
    optimizer: optim.Optimizer
    schedule: LambdaLR
    batch_size: int
    device: torch.device
    methods: FineTuningMethods = field(default_factory=FineTuningMethods)
    """How it is trained, beside the optimizer."""
    ranks: Ranks = ALONE
    """Who trains it together; all of them call `train_epoch` with generators in the same state."""

    def train_epoch(self, generator: torch.Generator) -> None:
        """Train for one epoch.

        Tasks that share inputs take a step together, on the weighted sum of their losses. Groups with inputs of
        their own take turns, a batch each, until the longest is through; shorter ones start again.

        Args:
            generator: Decides the order of the examples.

        Raises:
            TrainingError: If a loss is not finite (names the task).
        """
        self.model.train()
        for stream, rows in alternate(self.streams, self.batch_size, generator):
            self._step(stream, rows)

    def _step(self, stream: Stream, rows: Tensor) -> None:
        self.update.step(partial(self._find_batch_gradients, stream, rows))
        self.schedule.step()

    def _find_batch_gradients(self, stream: Stream, rows: Tensor) -> None:
        """Set the gradient of every trained parameter on a batch, computed in as many parts as are asked for."""
        # A part has an example for every rank.
        num_parts = min(self.methods.accumulation_steps, len(rows) // self.ranks.size)
        if num_parts > 1:
            add_up(self.update.parameters, self._part_by_part(stream, rows, num_parts))
        else:
            self._find_gradients(self._losses(stream, rows))

    def _part_by_part(self, stream: Stream, rows: Tensor, num_parts: int) -> Iterator[None]:
        """Set the gradients to those of one part of a batch after another, each part's loss by its share of the mean.

        A task's share is that of its labelled examples.
        """
        labelled = [(stream.labels[position, rows] != MISSING).sum() for position in range(len(stream.tasks))]
        for part in rows.tensor_split(num_parts):
            losses = self._losses(stream, part)
            for position, task in enumerate(stream.tasks):
                here = (stream.labels[position, part] != MISSING).sum()
                losses[task] = losses[task] * (int(here) / max(1, int(labelled[position])))
            self._find_gradients(losses)
            yield

    def _losses(self, stream: Stream, rows: Tensor) -> dict[int, Tensor]:
        """Return this rank's part of each task's loss on a batch, with its gradient to be taken."""
        part = self.ranks.part(rows)
        inputs, start = stream.training_batch(part, self.device)
        logits = self._network(inputs, start, stream.tasks)
        labels = stream.labels[:, part].to(self.device)
        return {
            task: self.objectives[task].loss(logits[task], labels[position])
            * self.ranks.share(stream.labels[position, rows])
            for position, task in enumerate(stream.tasks)
        }

    def _find_gradients(self, losses: dict[int, Tensor]) -> None:
        """Set the gradient of every trained parameter from the losses of a batch."""
        total = torch.stack([self.weights[task] * loss for task, loss in losses.items()]).sum()
        # Over all ranks, so that they go on or give up together.
        if not torch.isfinite(self.ranks.total(total)):
            self._refuse(losses)
        self.optimizer.zero_grad(set_to_none=True)
        # Backward leaves the mean over ranks; the batch's gradient is the sum of their parts'.
        (total * self.ranks.size).backward()  # type: ignore[no-untyped-call]

    @cached_property
    def update(self) -> Update:
        """How steps are taken."""
        return Update(self.optimizer, self.methods)

    @cached_property
    def _network(self) -> nn.Module:
        return self.ranks.joined(self.model)

    def _refuse(self, losses: dict[int, Tensor]) -> None:
        by_task = {self.task_names[task]: self.ranks.total(loss).item() for task, loss in losses.items()}
        raise not_finite(self.schedule.last_epoch + 1, by_task, map(float, self.schedule.get_last_lr()))


def not_finite(step: int, losses: Mapping[str, float], rates: Iterable[float]) -> TrainingError:
    """Return the error that says which losses are not finite.

    Args:
        step: Counted from 1 over the whole trial.
        losses: By task name.
        rates: Learning rates at that step.
    """
    bad = {task: loss for task, loss in losses.items() if not math.isfinite(loss)}
    return TrainingError(f"loss is not finite at step {step}: {bad}; learning rates {list(rates)}")


def steps_per_epoch(streams: Sequence[Stream], batch_size: int) -> int:
    """Return how many optimizer steps an epoch takes."""
    return len(streams) * max(num_batches(stream.train, batch_size) for stream in streams)


def alternate(
    streams: Sequence[Stream], batch_size: int, generator: torch.Generator
) -> Iterator[tuple[Stream, Tensor]]:
    """Yield a batch of each stream in turn until the longest is through, beginning shorter ones anew."""
    batches = [shuffled_batches(stream.train, batch_size, generator, stream.lengths) for stream in streams]
    for _ in range(max(num_batches(stream.train, batch_size) for stream in streams)):
        for position, stream in enumerate(streams):
            rows = next(batches[position], None)
            if rows is None:
                batches[position] = shuffled_batches(stream.train, batch_size, generator, stream.lengths)
                rows = next(batches[position])
            yield stream, rows
