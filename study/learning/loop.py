"""One epoch of training: the sum over tasks of w_t L_t, a step a batch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial, reduce
from itertools import islice
from operator import add

import torch
from torch import Tensor, nn, optim
from torch.optim.lr_scheduler import LambdaLR

from study.learning.balancing import Balancing, StepLosses, WeightedSum
from study.learning.batch import Batch
from study.learning.errors import TrainingError
from study.learning.mixing import Mixer
from study.learning.model import AdaptedModel, trained_parameters
from study.learning.normalisation import keep_statistics
from study.learning.prefetching import prefetched
from study.learning.ranks import ALONE, Ranks
from study.learning.repeating import Repetition
from study.learning.step import Portion, Step
from study.learning.stream import Stream, endless_batches, num_batches
from study.learning.updating import Update, add_up
from study.parts.objectives import Objective
from study.values.fine_tuning_methods import NO_METHODS, BatchNorm, FineTuningMethods
from study.values.seeds import derive_seed

StreamRows = tuple[Stream, Tensor]
"""Some rows of a stream."""


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
    balancing: Balancing = field(default_factory=WeightedSum)
    """What makes one step of the tasks' losses w_t L_t."""
    sampling_exponent: float | None = None
    """tau of the chances n_t^tau by which the batch of a step is drawn; groups of tasks take turns where None."""
    optimizer: optim.Optimizer
    schedule: LambdaLR
    batch_size: int
    device: torch.device
    methods: FineTuningMethods = NO_METHODS
    """How it is trained, beside the optimizer."""
    ranks: Ranks = ALONE
    """Who trains it together; all of them call `train_epoch` with generators in the same state."""

    def __post_init__(self) -> None:
        self.update = Update(self.model, self.optimizer, self.methods, self.device)
        """How steps are taken."""

    def train_epoch(self, generator: torch.Generator) -> None:
        """Train for one epoch.

        Tasks that share inputs take a step together. Groups with inputs of their own take turns, a batch each, until
        the longest is through; shorter ones start again. Where `sampling_exponent` says so, each step's group is drawn
        instead, as many as there would have been turns. Where the balancing is joint, a turn of all is one step.

        Args:
            generator: Decides the order of the examples.

        Raises:
            TrainingError: If a loss is not finite (names the task).
        """
        self.model.train()
        if self.methods.batch_norm is BatchNorm.FROZEN_STATISTICS:
            keep_statistics(self.model)
        self.balancing.begin_epoch(derive_seed(generator.initial_seed(), "balancing"))
        ahead = any(stream.training_fetches_ahead(self.device) for stream in self.streams)
        with prefetched(self._steps(generator), Step.readings, ahead=ahead) as steps:
            for step in steps:
                self._step(step)

    @property
    def batches_per_step(self) -> int:
        """Batches whose losses make one step."""
        return len(self.streams) if self.balancing.is_joint else 1

    def _steps(self, generator: torch.Generator) -> Iterator[Step]:
        batches = self._batches(generator)
        mixer = Mixer(self.methods, derive_seed(generator.initial_seed(), "mixing"))
        while some := list(islice(batches, self.batches_per_step)):
            yield self.step_on([Batch.of(stream, rows, mixer.draw(rows)) for stream, rows in some])

    def step_on(self, batches: Sequence[Batch]) -> Step:
        """Return the step that is taken on some batches."""
        return Step.of(batches, self.methods.accumulation_steps, self.ranks, self.device)

    def _batches(self, generator: torch.Generator) -> Iterator[StreamRows]:
        if self.sampling_exponent is None:
            return alternate(self.streams, self.batch_size, generator)
        return draw(self.streams, self.batch_size, generator, self.sampling_exponent)

    def _step(self, step: Step) -> None:
        repetition = Repetition(self.device) if self.balancing.learns_from_steps else None
        self.update.step(partial(self._find_step_gradients, step), self.schedule.last_epoch)
        self.schedule.step()
        if repetition is not None:
            with repetition.of(self.model), torch.no_grad():
                self.balancing.learn(self._totals(self._weighted(self._all_losses(step.whole))))

    def _all_losses(self, portions: Sequence[Portion]) -> dict[int, Tensor]:
        return {task: loss for portion in portions for task, loss in self._losses(portion).items()}

    def _find_step_gradients(self, step: Step) -> None:
        """Set the gradient of every trained parameter on a step's batches, part by part."""
        if len(step.parts) > 1:
            add_up(self.update.parameters, self._part_by_part(step))
        else:
            self._find_gradients(self._all_losses(step.whole))

    def _part_by_part(self, step: Step) -> Iterator[None]:
        """Set the gradients to those of one part of the batches after another, each loss by its share of the mean."""
        for part in step.parts:
            self._find_gradients(self._all_losses(part))
            yield

    def _losses(self, portion: Portion) -> dict[int, Tensor]:
        """Return this rank's part of each task's loss on a batch, with its gradient to be taken."""
        batch = portion.batch
        inputs, start, counted = portion.read(self.model)
        logits = self._network(inputs, start, batch.stream.tasks)
        return {
            task: reduce(add, [self._loss(batch, place, logits[task], rows, share) for rows, share in counted])
            for place, task in enumerate(batch.stream.tasks)
        }

    def _loss(self, batch: Batch, place: int, logits: Tensor, rows: Tensor, share: float) -> Tensor:
        """Return this rank's part of a task's loss on outputs that are to be what the labels of `rows` say."""
        labels = batch.stream.labels[place]
        loss = self.objectives[batch.stream.tasks[place]].loss(logits, labels[self.ranks.part(rows)].to(self.device))
        return loss * (share * self.ranks.share(labels[rows]) * batch.share(place, rows))

    def _find_gradients(self, losses: dict[int, Tensor]) -> None:
        """Set the gradient of every trained parameter from the losses of a step."""
        weighted = self._weighted(losses)
        totals = self._totals(weighted)
        # Over all ranks, so that they go on or give up together.
        if not math.isfinite(sum(totals.values())):
            self._refuse(losses)
        self.optimizer.zero_grad(set_to_none=True)
        shared, own = self._shared_and_own
        self.balancing.find_gradients(
            StepLosses(losses=weighted, totals=totals, shared=shared, own=own, ranks=self.ranks)
        )

    def _weighted(self, losses: Mapping[int, Tensor]) -> dict[int, Tensor]:
        return {task: self.weights[task] * loss for task, loss in losses.items()}

    def _totals(self, losses: Mapping[int, Tensor]) -> dict[int, float]:
        """Return losses over all ranks; one look at all of them: on a GPU every look waits for it."""
        totals = self.ranks.total(torch.stack(list(losses.values())).detach())
        return dict(zip(losses, totals.tolist(), strict=True))

    @cached_property
    def _network(self) -> nn.Module:
        # A joint balancing takes gradients apart, which the wrapper would not see.
        return self.model if self.balancing.is_joint else self.ranks.joined(self.model)

    @cached_property
    def _shared_and_own(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        return trained_parameters(self.model)

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
    """Return how many steps an epoch takes, a batch of one stream each."""
    return len(streams) * max(num_batches(stream.train, batch_size) for stream in streams)


def alternate(streams: Sequence[Stream], batch_size: int, generator: torch.Generator) -> Iterator[StreamRows]:
    """Yield a batch of each stream in turn until the longest is through, beginning shorter ones anew."""
    batches = [endless_batches(stream.train, batch_size, generator, stream.lengths) for stream in streams]
    for _ in range(max(num_batches(stream.train, batch_size) for stream in streams)):
        for stream, rows in zip(streams, batches, strict=True):
            yield stream, next(rows)


def draw(
    streams: Sequence[Stream], batch_size: int, generator: torch.Generator, exponent: float
) -> Iterator[StreamRows]:
    """Yield as many batches as `alternate`, each of a stream that is drawn with chances in proportion to n^exponent.

    n is the number of the stream's training examples: 0 gives every stream the same chance, 1 every example. In
    between, small ones are seen more often than their size says (Arivazhagan et al., 2019, with an exponent of 1 / T).
    """
    chances = torch.tensor([len(stream.train) for stream in streams], dtype=torch.float64) ** exponent
    batches = [endless_batches(stream.train, batch_size, generator, stream.lengths) for stream in streams]
    for _ in range(steps_per_epoch(streams, batch_size)):
        position = int(torch.multinomial(chances, 1, generator=generator))
        yield streams[position], next(batches[position])
