"""Metrics of a model on given rows, in eval mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    with cached():  # what low-rank changes make of weights
        for batch, logits in _batches(model, stream, rows, device):
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
    with cached():
        batches = [logits for _, logits in _batches(model, stream, rows, device)]
    return {task: torch.cat([logits[task].cpu() for logits in batches]) for task in stream.tasks}


def _batches(
    model: AdaptedModel, stream: Stream, rows: Tensor, device: torch.device
) -> Iterator[tuple[Tensor, dict[int, Tensor]]]:
    model.eval()
    for batch in torch.split(rows, _BATCH_SIZE):
        yield batch, model(stream.inputs.batch(batch, device), stream.start, stream.tasks)
