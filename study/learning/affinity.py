"""Inter-task affinity: how far a step of the shared parameters for one task helps each task."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from study.learning.loop import Learner
from study.learning.stream import Stream, shuffled_batches

Parameters = Mapping[str, Tensor]
"""Of a model, by name."""


def measure_affinities(learner: Learner, seed: int) -> dict[tuple[int, int], float]:
    """Return Z_{i -> j} for every pair of tasks (i, j), by position, i = j included, on one batch of each stream.

    Z_{i -> j} = 1 - L_j(X, theta_{|i}, phi_j) / L_j(X, theta, phi_j), where theta_{|i} = theta - eta * dL_i / dtheta:
    positive where a step for task i lowers task j's loss (Fifty et al., 2021, Efficiently Identifying Task Groupings
    for Multi-Task Learning). eta is the learning rate that the shared parameters have now. The step is
    one along the gradient, whatever the optimizer: its moments are of all tasks together, and a step with them would
    tell tasks apart less. Before and after drop the same units. A pair is left out where the batch has no label for
    it, or a loss is not finite.

    What is trained is left as it was: parameters, gradients, buffers, the optimizer and all random numbers. It costs
    T backward passes and T + 1 forward passes over a batch of each stream, for T tasks.

    Args:
        learner: Trains alone, and has parameters that its tasks share.
        seed: Decides the batches, and what dropout and augmentation draw.
    """
    assert learner.ranks.alone, "the others would wait for it"
    was_training = learner.model.training
    learner.model.train()
    try:
        with _random_numbers_apart(learner.device):
            return dict(_measure(learner, seed))
    finally:
        learner.model.train(was_training)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Batch:
    """Examples of a stream, as they are trained on."""

    stream: Stream
    inputs: Tensor
    start: int
    labels: Tensor
    """Shape (len(stream.tasks), N)."""


def _measure(learner: Learner, seed: int) -> Iterator[tuple[tuple[int, int], float]]:
    rates = {id(one): group["lr"] for group in learner.optimizer.param_groups for one in group["params"]}
    backbone = {f"backbone.{name}": one for name, one in learner.model.backbone.named_parameters()}
    shared = {name: one for name, one in backbone.items() if one.requires_grad}
    batches = _draw(learner, seed)
    before = _losses(learner, batches, {}, seed)
    for source, loss in before.items():
        gradients = torch.autograd.grad(loss, list(shared.values()), retain_graph=True, allow_unused=True)
        stepped = {
            name: one.detach() - rates[id(one)] * gradient
            for (name, one), gradient in zip(shared.items(), gradients, strict=True)
            if gradient is not None
        }
        with torch.no_grad():
            after = _losses(learner, batches, stepped, seed)
        for target, value in after.items():
            there = before[target].item()
            affinity = 1 - value.item() / there if there else math.nan
            if math.isfinite(affinity):
                yield (source, target), affinity


def _draw(learner: Learner, seed: int) -> Sequence[_Batch]:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    batches = []
    for stream in learner.streams:
        rows = next(shuffled_batches(stream.train, learner.batch_size, generator))
        inputs = stream.training_reading(rows, learner.device).batch()
        labels = stream.labels[:, rows].to(learner.device)
        batches.append(_Batch(stream=stream, inputs=inputs, start=stream.training_start, labels=labels))
    return batches


def _losses(learner: Learner, batches: Sequence[_Batch], changed: Parameters, seed: int) -> dict[int, Tensor]:
    """Return each task's loss, by its position, with some parameters changed; in float64: differences are small."""
    losses = {}
    for batch in batches:
        torch.manual_seed(seed)  # the same dropout every time
        # Batch norm counts in what it is given here, not in the model's own buffers.
        buffers = {name: value.clone() for name, value in learner.model.named_buffers()}
        arguments = (batch.inputs, batch.start, batch.stream.tasks)
        logits = functional_call(learner.model, {**buffers, **changed}, arguments)
        for position, task in enumerate(batch.stream.tasks):
            losses[task] = learner.objectives[task].loss(logits[task].double(), batch.labels[position])
    return losses


@contextmanager
def _random_numbers_apart(device: torch.device) -> Iterator[None]:
    """Leave torch's generators as they were."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield
