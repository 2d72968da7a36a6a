"""What is searched when training examples are mixed with each other."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import ArmFacts
from study.values.input_kind import InputKind


def mixing(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and whether training examples are mixed.

    - `mixup_alpha` 0.1..1, log-uniform, where `mixup` is on: Zhang et al. (2018) take 0.1 to 0.4 for ImageNet and 1 for
      CIFAR; of texts only where all stages are frozen.
    - `cutmix_alpha` 0.2..1, log-uniform, where `cutmix` is on: 1 in Yun et al. (2019); of images, where no stage is
      frozen.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    values = fine_tuning(trial, arm)
    depth = values["freezing_depth"]
    is_mixable = arm.inputs is not InputKind.TEXT or depth == arm.num_stages
    if is_mixable and trial.suggest_categorical("mixup", [False, True]):
        values["mixup_alpha"] = trial.suggest_float("mixup_alpha", 0.1, 1.0, log=True)
    has_patches = arm.inputs is InputKind.IMAGE and depth == 0
    if has_patches and trial.suggest_categorical("cutmix", [False, True]):
        values["cutmix_alpha"] = trial.suggest_float("cutmix_alpha", 0.2, 1.0, log=True)
    return values
