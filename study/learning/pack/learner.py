"""What is trained in a pack: the heads of several models on the features of one frozen backbone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from study.learning.errors import TrainingError
from study.learning.loop import Learner, alternate, not_finite
from study.learning.pack.stacked_heads import StackedHeads
from study.learning.pack.stacked_optimizer import StackedOptimizer, stacked_optimizer
from study.learning.pack.stacked_parameter import StackedParameter
from study.learning.prefetching import prefetched
from study.learning.reading import Reading
from study.learning.stream import Stream
from study.parts.objectives import StackedObjective
from study.values.hyperparameters import Hyperparameters

_BATCH_SIZE, _NUM_IMAGES = 1024, 128
"""Features read at once, and images run through the backbone at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PackBatch:
    """What the models of a pack train on in a step."""

    stream: Stream
    rows: Tensor
    """Each model's, shape (models, batch size)."""
    readings: Sequence[Reading]
    """Of all of them, part by part."""


def pack_key(values: Hyperparameters) -> tuple[object, ...]:
    """Return what models of one pack have in common; all else may differ between them."""
    return values.batch_size, values.head_depth, values.optimizer, values.pooling


class PackLearner:
    """Trains models side by side, each as its own `Learner` would train it alone.

    Every model keeps its own order of examples, dropout, label smoothing, task weights, learning rates and weight
    decay. Batched products take the place of one product a model (as HFTA: Wang et al., 2021, Horizontally Fused
    Training Array), so that results equal those of the models alone up to rounding.
    """

    def __init__(self, learners: Sequence[Learner], values: Sequence[Hyperparameters]) -> None:
        """Stack the models.

        Args:
            learners: With all stages frozen, on the same streams, with equal `pack_key` and as many steps behind them.
            values: The hyperparameters of each.
        """
        assert len({pack_key(value) for value in values}) == 1, "models of a pack have batches and layers in common"
        assert all(learner.model.has_frozen_backbone for learner in learners), "a pack trains heads alone"
        self._learners = list(learners)
        (self._num_steps,) = {learner.schedule.last_epoch for learner in learners}
        tasks = range(len(learners[0].model.heads))
        self._heads = [StackedHeads.of([learner.model.heads[task] for learner in learners]) for task in tasks]
        self._optimizer: StackedOptimizer = stacked_optimizer(self._parameters(), values)
        self._optimizer.load([learner.optimizer for learner in learners])
        self._stack_objectives()

    def __len__(self) -> int:
        return len(self._learners)

    @property
    def streams(self) -> Sequence[Stream]:
        """What all models read."""
        return self._learners[0].streams

    def train_epoch(self, seeds: Sequence[int]) -> dict[int, TrainingError]:
        """Train for one epoch; return what went wrong in which models, by position. Those are no longer fit for use.

        Args:
            seeds: Of each model's order of examples and dropout.
        """
        failed: dict[int, TrainingError] = {}
        generators = [torch.Generator(self._device).manual_seed(seed) for seed in seeds]
        ahead = any(stream.training_fetches_ahead(self._device) for stream in self.streams)
        with prefetched(self._batches(seeds), lambda batch: batch.readings, ahead=ahead) as batches:
            for batch in batches:
                losses = self._losses(batch, generators)
                totals = (losses * self._weights[list(batch.stream.tasks)]).sum(dim=0)
                # One look at all models: on a GPU every look waits for it.
                if not bool(torch.isfinite(totals).all()):
                    self._note_failures(batch.stream, losses.detach(), totals.detach(), failed)
                self._step(batch.stream, totals)
        return failed

    def measure(self, stream: Stream, rows: Tensor) -> list[dict[int, dict[str, float]]]:
        """Return each model's metrics on some rows, by task."""
        measured: list[dict[int, dict[str, float]]] = [{} for _ in self._learners]
        with stream.batches(self._parts(stream, rows), self._device) as batches:
            features = self._features(stream, (inputs for _, inputs in batches))
        for position, task in enumerate(stream.tasks):
            outputs = torch.cat([self._heads[task].outputs(part) for part in features], dim=1)
            metrics = self._objectives[task].measure(outputs, stream.labels[position, rows])
            for model, values in zip(measured, metrics, strict=True):
                model[task] = values
        return measured

    def write_back(self) -> None:
        """Bring the models' own learners to where they would be had each been trained alone."""
        for parameter in self._parameters():
            parameter.write_back()
        self._optimizer.write_back([learner.optimizer for learner in self._learners])
        for learner in self._learners:
            learner.schedule.last_epoch = self._num_steps
            for group, rate in zip(learner.optimizer.param_groups, learner.schedule.base_lrs, strict=True):
                group["lr"] = rate * self._factor(learner)

    def keep(self, positions: Sequence[int]) -> None:
        """Go on with some of the models; the others' learners stay as they are."""
        self._learners = [self._learners[position] for position in positions]
        self._heads = [heads.keep(positions) for heads in self._heads]
        self._optimizer.keep(self._parameters(), positions)
        self._stack_objectives()

    @property
    def _device(self) -> torch.device:
        return self._learners[0].device

    def _parameters(self, tasks: Iterable[int] | None = None) -> list[StackedParameter]:
        """Return the parameters of some tasks' heads; of all where none are named."""
        heads = self._heads if tasks is None else [self._heads[task] for task in tasks]
        return [parameter for head in heads for parameter in (*head.weights, *head.biases)]

    def _stack_objectives(self) -> None:
        each = [learner.objectives for learner in self._learners]
        self._objectives: list[StackedObjective] = [
            type(of_task[0]).stack(of_task) for of_task in zip(*each, strict=True)
        ]
        self._weights = torch.tensor([list(learner.weights) for learner in self._learners], device=self._device).T

    def _batches(self, seeds: Sequence[int]) -> Iterator[PackBatch]:
        """Yield what all models train on, step by step."""
        orders = [
            alternate(self.streams, learner.batch_size, torch.Generator().manual_seed(seed))
            for learner, seed in zip(self._learners, seeds, strict=True)
        ]
        for batch in zip(*orders, strict=True):
            stream, rows = batch[0][0], torch.stack([rows for _, rows in batch])
            parts = self._parts(stream, rows.flatten())
            readings = [stream.training_reading(part, self._device) for part in parts]
            yield PackBatch(stream=stream, rows=rows, readings=readings)

    def _parts(self, stream: Stream, rows: Tensor) -> Sequence[Tensor]:
        """Return rows in parts that are read at once."""
        is_kept = stream.start == self._learners[0].model.freezing_depth
        return torch.split(rows, _BATCH_SIZE if is_kept else _NUM_IMAGES)

    @torch.no_grad()
    def _features(self, stream: Stream, batches: Iterable[Tensor]) -> list[Tensor]:
        """Return the features of one part of inputs after another; run through the backbone where they are not kept."""
        return [self._learners[0].model.features(inputs, stream.start) for inputs in batches]

    def _losses(self, batch: PackBatch, generators: Sequence[torch.Generator]) -> Tensor:
        """Return L_t of each of the stream's tasks and each model, shape (tasks, models)."""
        stream, rows = batch.stream, batch.rows
        flat = torch.cat(self._features(stream, (reading.batch() for reading in batch.readings)))
        features = flat.reshape(*rows.shape, flat.shape[-1])
        losses = []
        for position, task in enumerate(stream.tasks):
            outputs = self._heads[task].train_outputs(features, generators)
            losses.append(self._objectives[task].losses(outputs, stream.labels[position][rows].to(self._device)))
        return torch.stack(losses)

    def _step(self, stream: Stream, totals: Tensor) -> None:
        trained = self._parameters(stream.tasks)
        gradients = torch.autograd.grad(totals.sum(), [parameter.value for parameter in trained])
        rates = [learner.schedule.base_lrs[0] * self._factor(learner) for learner in self._learners]
        self._optimizer.step(trained, gradients, torch.tensor(rates))
        self._num_steps += 1

    def _factor(self, learner: Learner) -> float:
        factor: float = learner.schedule.lr_lambdas[0](self._num_steps)
        return factor

    def _note_failures(self, stream: Stream, losses: Tensor, totals: Tensor, failed: dict[int, TrainingError]) -> None:
        for position in (~torch.isfinite(totals)).nonzero().flatten().tolist():
            learner = self._learners[position]
            names = [learner.task_names[task] for task in stream.tasks]
            by_task = dict(zip(names, losses[:, position].tolist(), strict=True))
            rates = [rate * self._factor(learner) for rate in learner.schedule.base_lrs]
            failed.setdefault(position, not_finite(self._num_steps + 1, by_task, rates))
