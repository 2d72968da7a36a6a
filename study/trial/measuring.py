"""The metrics of an epoch, from what evaluation gave for each task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from study.learning.errors import TrainingError
from study.parts.objectives import gap_metrics
from study.parts.tasks.task import Task
from study.values.metric_names import OBJECTIVE, Split, tag

Evaluation = Mapping[int, Mapping[str, float]]
"""Metrics by name of each task, by its position."""


def epoch_metrics(tasks: Sequence[Task], train: Evaluation, validation: Evaluation, epoch: int) -> dict[str, float]:
    """Return an epoch's metrics by tag: train, validation and gap of each task, and the arm's objective.

    Args:
        tasks: The arm's.
        train: Of each task, on training examples.
        validation: Of each task.
        epoch: For the message.

    Raises:
        TrainingError: If the objective is not finite.
    """
    metrics: dict[str, float] = {}
    for position in train:
        gap = gap_metrics(train[position], validation[position])
        splits = ((Split.TRAIN, train[position]), (Split.VALIDATION, validation[position]), (Split.GAP, gap))
        for split, values in splits:
            metrics.update(_tagged(split, tasks[position], values))
    chosen = [metrics[tag(Split.VALIDATION, task.name, task.metric)] for task in tasks]
    metrics[OBJECTIVE] = sum(chosen) / len(chosen)
    if not math.isfinite(metrics[OBJECTIVE]):
        raise TrainingError(f"validation objective is {metrics[OBJECTIVE]} after epoch {epoch}")
    return metrics


def outer_metrics(tasks: Sequence[Task], outer: Evaluation) -> dict[str, float]:
    """Return by tag what a trial that is over scores on the examples set aside.

    Args:
        tasks: The arm's.
        outer: Of each task.
    """
    metrics: dict[str, float] = {}
    for position, values in outer.items():
        metrics.update(_tagged(Split.OUTER, tasks[position], values))
    return metrics


def _tagged(split: Split, task: Task, values: Mapping[str, float]) -> dict[str, float]:
    return {tag(split, task.name, metric): value for metric, value in values.items()}
