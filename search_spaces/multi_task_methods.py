"""What is searched when one backbone serves several tasks, how they are balanced included."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from search_spaces.shared_representation import suggest_task_weights
from study.values.arm import ArmFacts
from study.values.task_balancing import TaskBalancing


def multi_task_methods(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and by which method the tasks share the backbone.

    - `task_balancing`: any of the methods, `random_weights` among them, which a method has to beat to be worth its
      name (Lin et al., 2022). Where all stages are frozen nothing is shared, and it is the weighted sum.
    - `task_weights` 0.1..10, log-uniform, of the weighted sum alone, as in `shared_representation`.
    - `dwa_temperature` 0.5..8, log-uniform, around the 2 of Liu et al. (2019): weights are all but equal at 8.
    - `gradnorm_alpha` 0..3, in which Chen et al. (2018) find almost any value of use.
    - `cagrad_c` 0.1..0.9: the method is defined for 0..1, and Liu et al. (2021) run their toy problem with 0.5.
    - `famo_weight_decay` 1e-5..1e-2, log-uniform: 1e-3 in Liu et al. (2023), 1e-5 in their code.
    - `task_sampling_exponent` 0..1, from every data set alike to every example alike (Arivazhagan et al.,
      2019, compare 1, 0.2 and 0.01); only where tasks are on several data sets, and the method does not take a batch of
      each in a step.

    Methods of gradients need the extra `multitask`, and cost a backward pass a task.

    Args:
        trial: The Optuna trial.
        arm: The arm searched, of several tasks.
    """
    values = fine_tuning(trial, arm)
    method = TaskBalancing.WEIGHTED_SUM
    if values["freezing_depth"] < arm.num_stages:
        method = TaskBalancing(trial.suggest_categorical("task_balancing", [one.value for one in TaskBalancing]))
    values = {**values, "task_balancing": method, **_suggest_parameters(trial, arm, method)}
    if arm.num_data_sets > 1 and not method.needs_shared_parameters:
        values["task_sampling_exponent"] = trial.suggest_float("task_sampling_exponent", 0.0, 1.0)
    return values


def _suggest_parameters(trial: optuna.Trial, arm: ArmFacts, method: TaskBalancing) -> dict[str, Any]:
    match method:
        case TaskBalancing.WEIGHTED_SUM:
            return {"task_weights": suggest_task_weights(trial, arm)}
        case TaskBalancing.DYNAMIC_WEIGHT_AVERAGE:
            return {"dwa_temperature": trial.suggest_float("dwa_temperature", 0.5, 8.0, log=True)}
        case TaskBalancing.GRADNORM:
            return {"gradnorm_alpha": trial.suggest_float("gradnorm_alpha", 0.0, 3.0)}
        case TaskBalancing.CAGRAD:
            return {"cagrad_c": trial.suggest_float("cagrad_c", 0.1, 0.9)}
        case TaskBalancing.FAMO:
            return {"famo_weight_decay": trial.suggest_float("famo_weight_decay", 1e-5, 1e-2, log=True)}
        case _:
            return {}
