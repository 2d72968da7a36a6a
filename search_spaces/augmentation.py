"""What is done at random to training images."""

from __future__ import annotations

from typing import Any

import optuna

from study.values.arm import ArmFacts


def suggest_augmentation(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest one of the kinds of augmentation that the spec names; where it names one, that is taken.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    kinds = [kind.value for kind in arm.augmentations]
    return {"augmentation": kinds[0] if len(kinds) == 1 else trial.suggest_categorical("augmentation", kinds)}
