"""What is searched when a backbone is fine-tuned, how its weights are kept near their start included."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import ArmFacts


def fine_tuning_methods(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and which further methods it is trained with.

    - `ema_decay` 0.9..0.999, where `ema` is on: 0.99 and 0.999 in Tarvainen and Valpola (2017), less for short trials.
    - `sam_radius` 0.01..0.5, log-uniform, where `sam` is on: what Foret et al. (2021, section 3.1) search.
    - `class_weighting`: `none` or `balanced`.

    Where stages are trained, also

    - `wise_ft_alpha` 0.1..0.9, where `wise_ft` is on: Wortsman et al. (2022) find 0.5 near the best.
    - `l2_sp` 1e-4..1, log-uniform, where `l2_sp_on` is: about what Li et al. (2018) search.
    - `layer_decay` 0.3..1: 1 / 2.6 in Howard and Ruder (2018).
    - `batch_norm`: `trained` or `frozen_statistics`.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    values = fine_tuning(trial, arm)
    values["class_weighting"] = trial.suggest_categorical("class_weighting", ["none", "balanced"])
    if _is_on(trial, "ema"):
        values["ema_decay"] = trial.suggest_float("ema_decay", 0.9, 0.999)
    if _is_on(trial, "sam"):
        values["sam_radius"] = trial.suggest_float("sam_radius", 0.01, 0.5, log=True)
    if values["freezing_depth"] < arm.num_stages:
        values.update(_suggest_for_stages(trial))
    return values


def _suggest_for_stages(trial: optuna.Trial) -> dict[str, Any]:
    values: dict[str, Any] = {
        "layer_decay": trial.suggest_float("layer_decay", 0.3, 1.0),
        "batch_norm": trial.suggest_categorical("batch_norm", ["trained", "frozen_statistics"]),
    }
    if _is_on(trial, "wise_ft"):
        values["wise_ft_alpha"] = trial.suggest_float("wise_ft_alpha", 0.1, 0.9)
    if _is_on(trial, "l2_sp_on"):
        values["l2_sp"] = trial.suggest_float("l2_sp", 1e-4, 1.0, log=True)
    return values


def _is_on(trial: optuna.Trial, name: str) -> bool:
    return bool(trial.suggest_categorical(name, [False, True]))
