"""What is searched when one backbone serves several tasks, each with a head of its own."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import ArmFacts


def shared_representation(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and how much each task's loss weighs.

    The weights are log-uniform in 0.1..10, one parameter a task (`task_weights.<task>`); only their ratios matter,
    since a trial scales them to sum to the number of tasks. Static weights tuned like this match the adaptive
    weighting schemes (Xin et al., 2022, "Do Current Multi-Task Optimization Methods in Deep Learning Even Help?").

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    weights = suggest_task_weights(trial, arm)
    return {**fine_tuning(trial, arm), "task_weights": weights}


def suggest_task_weights(trial: optuna.Trial, arm: ArmFacts) -> dict[str, float]:
    """Suggest how much each task's loss weighs, by task.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    return {task: trial.suggest_float(f"task_weights.{task}", 0.1, 10.0, log=True) for task in arm.tasks}
