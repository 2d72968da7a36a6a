"""Which objective a task has."""

from __future__ import annotations

from study.parts.objectives.classification import Classification
from study.parts.objectives.objective import Objective
from study.parts.tasks.task import Task


def make_objective(task: Task, label_smoothing: float) -> Objective:
    """Return the objective of a task; every task is a classification so far.

    Args:
        task: What is predicted.
        label_smoothing: Of the cross-entropy, in [0, 1).
    """
    return Classification(task.output_width, label_smoothing=label_smoothing)
