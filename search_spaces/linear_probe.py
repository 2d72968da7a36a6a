"""What is searched when the whole backbone is frozen and only a linear head is trained."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.augmentation import suggest_augmentation
from search_spaces.heads import suggest_head_training
from search_spaces.optimisation import suggest_optimisation
from search_spaces.pooling import suggest_pooling
from study.values.arm import ArmFacts


def linear_probe(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: how a linear head on the frozen backbone is trained.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    frozen = {"freezing_depth": arm.num_stages, "head_depth": 0}
    return {
        **frozen,
        **suggest_head_training(trial),
        **suggest_optimisation(trial, arm),
        **suggest_augmentation(trial, arm),
        **suggest_pooling(trial, arm),
    }
