"""Metrics of a model on given rows, in eval mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.utils.parametrize import cached

from study.learning.model import AdaptedModel
from study.learning.stream import Stream
from study.parts.objectives import Objective

_BATCH_SIZE = 128


@torch.inference_mode()
def evaluate(
    model: AdaptedModel, stream: Stream, rows: Tensor, objectives: Sequence[Objective], device: torch.device
) -> dict[int, dict[str, float]]:
    """Return each task's metrics by name, for the tasks of one stream.

    Args:
        model: Left in eval mode.
        stream: The examples.
        rows: Which of them.
        objectives: One for each of the arm's tasks.
        device: Where the model is.
    """
    metrics = {task: objectives[task].new_metrics() for task in stream.tasks}
    with cached(), _outputs(model, stream, rows, device) as outputs:  # cached: what low-rank changes make of weights
        for batch, logits in outputs:
            labels = stream.labels[:, batch].to(device)
            for position, task in enumerate(stream.tasks):
                metrics[task].update(logits[task], labels[position])
    return {task: accumulated.compute() for task, accumulated in metrics.items()}


@torch.inference_mode()
def predict(model: AdaptedModel, stream: Stream, rows: Tensor, device: torch.device) -> dict[int, Tensor]:
    """Return the logits of each task of one stream, by its position: shape (len(rows), C), on the CPU.

    Args:
        model: Left in eval mode.
        stream: The examples.
        rows: Which of them.
        device: Where the model is.
    """
    with cached(), _outputs(model, stream, rows, device) as outputs:
        batches = [logits for _, logits in outputs]
    return {task: torch.cat([logits[task].cpu() for logits in batches]) for task in stream.tasks}


@contextmanager
def _outputs(
    model: AdaptedModel, stream: Stream, rows: Tensor, device: torch.device
) -> Iterator[Iterator[tuple[Tensor, dict[int, Tensor]]]]:
    """Give the rows of one batch after another and each task's logits of them."""
    model.eval()
    with stream.batches(torch.split(rows, _BATCH_SIZE), device) as batches:
        yield ((batch, model(inputs, stream.start, stream.tasks)) for batch, inputs in batches)
