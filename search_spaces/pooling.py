"""Which pooling of a backbone's outputs the heads read."""

from __future__ import annotations

from typing import Any

import optuna

from study.values.arm import ArmFacts


def suggest_pooling(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest one of the poolings that the backbone has; nothing where it has one only, as those of images.

    A text encoder has `cls`, the first token (Devlin et al., 2019), `mean`, the mean over tokens (Reimers and Gurevych,
    2019, table 6), and `both` side by side. They are computed together, so that all share cached features.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    if len(arm.poolings) < 2:
        return {}
    return {"pooling": trial.suggest_categorical("pooling", list(arm.poolings))}
