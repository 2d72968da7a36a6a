"""The heads: their size, their regularisation and their learning rate."""

from __future__ import annotations

from typing import Any

import optuna


def suggest_heads(trial: optuna.Trial) -> dict[str, Any]:
    """Suggest what every head is made of and how fast it is trained.

    - `head_depth` 0..2 hidden layers; 0 is the linear head of most transfer studies.
    - `head_width` 64..1024 units, log-uniform; only where there is a hidden layer.
    - and what `suggest_head_training` suggests.

    Args:
        trial: The Optuna trial.
    """
    depth = trial.suggest_int("head_depth", 0, 2)
    size = {"head_depth": depth}
    if depth > 0:
        size["head_width"] = trial.suggest_int("head_width", 64, 1024, log=True)
    return {**size, **suggest_head_training(trial)}


def suggest_head_training(trial: optuna.Trial) -> dict[str, Any]:
    """Suggest how heads of any size are trained.

    - `head_learning_rate` 1e-4..1e-1, log-uniform: a new head starts from nothing, so it takes rates about ten times
      those of pretrained stages.
    - `dropout` 0..0.5 (0.5 for hidden layers: Srivastava et al., 2014).

    Args:
        trial: The Optuna trial.
    """
    return {
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-4, 1e-1, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
    }
