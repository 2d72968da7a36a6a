"""How the parameters are optimised, whatever they are."""

from __future__ import annotations

from typing import Any

import optuna

from study.values.arm import ArmFacts

BATCH_SIZES = (16, 32, 64, 128, 256)
"""What is searched where there is data enough."""
MIN_STEPS_PER_EPOCH = 8
"""Batches leave at least that many steps an epoch where they can: fewer barely move the weights."""


def suggest_optimisation(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest the optimizer, its regularisation, the batch size and the learning rates' course.

    - `optimizer` AdamW (Loshchilov and Hutter, 2019) or SGD with Nesterov momentum.
    - `momentum` 0.8..0.99, of SGD only; 0.9 is the usual value.
    - `weight_decay` 1e-6..1e-1, log-uniform: from the 1e-4 of SGD, as an L2 penalty (He et al., 2016), to the 5e-2 of
      AdamW, decoupled (Liu et al., 2022, ConvNeXt), and to next to none.
    - `label_smoothing` 0..0.2 (0.1: Szegedy et al., 2016).
    - `batch_size` a power of two, see `batch_sizes`.
    - `warmup_fraction` 0..0.2 of all steps (Goyal et al., 2017, warm up for 5 of 90 epochs).
    - `schedule` cosine (Loshchilov and Hutter, 2017) or constant.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    optimizer = trial.suggest_categorical("optimizer", ["adamw", "sgd"])
    values: dict[str, Any] = {
        "optimizer": optimizer,
        "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-1, log=True),
        "label_smoothing": trial.suggest_float("label_smoothing", 0.0, 0.2),
        "batch_size": trial.suggest_categorical("batch_size", batch_sizes(arm.num_train)),
        "warmup_fraction": trial.suggest_float("warmup_fraction", 0.0, 0.2),
        "schedule": trial.suggest_categorical("schedule", ["cosine", "constant"]),
    }
    if optimizer == "sgd":
        values["momentum"] = trial.suggest_float("momentum", 0.8, 0.99)
    return values


def batch_sizes(num_train: int) -> list[int]:
    """Return the batch sizes worth trying on that many training examples, smallest first.

    Powers of two, none above `num_train`. Where the data are too few for the smallest of BATCH_SIZES to make
    MIN_STEPS_PER_EPOCH steps, the largest power of two up to it that fits is the only choice.

    Args:
        num_train: At least 1.
    """
    assert num_train >= 1, "a task without training examples is refused before"
    worth = [size for size in BATCH_SIZES if size * MIN_STEPS_PER_EPOCH <= num_train]
    return worth or [min(BATCH_SIZES[0], 2 ** (num_train.bit_length() - 1))]
