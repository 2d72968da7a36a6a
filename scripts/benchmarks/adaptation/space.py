"""What both sides search, a function a study; each takes the number of stages of the backbone."""

from __future__ import annotations

from typing import Any

import optuna

NUM_STAGES = 5
"""Of ResNet-18: the stem and four groups of blocks."""


def _head(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "head_depth": trial.suggest_int("head_depth", 0, 1),
        "head_width": trial.suggest_int("head_width", 32, 256, log=True),
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-4, 1e-1, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-1, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        "batch_size": 32,
    }


def linear_probe(trial: optuna.Trial, arm: Any = None) -> dict[str, Any]:
    """Search head size and learning rates with all stages frozen."""
    return {**_head(trial), "freezing_depth": NUM_STAGES}


def freezing_depth(trial: optuna.Trial, arm: Any = None) -> dict[str, Any]:
    """Search how many stages are frozen, all equally often, and the learning rate of the others; all else is fixed."""
    return {
        "freezing_depth": trial.suggest_categorical("freezing_depth", GRID["freezing_depth"]),
        "backbone_learning_rate": trial.suggest_categorical("backbone_learning_rate", GRID["backbone_learning_rate"]),
        "head_depth": 0,
        "head_width": 64,
        "head_learning_rate": 1e-2,
        "weight_decay": 1e-4,
        "dropout": 0.1,
        "batch_size": 32,
    }


GRID: dict[str, list[Any]] = {
    "freezing_depth": list(range(NUM_STAGES + 1)),
    "backbone_learning_rate": [1e-4, 1e-3],
}
"""Tried whole by both sides, so that they train the same configurations."""


def shared_representation(trial: optuna.Trial, arm: Any = None) -> dict[str, Any]:
    """Search the same for two tasks on the same images."""
    return freezing_depth(trial)
