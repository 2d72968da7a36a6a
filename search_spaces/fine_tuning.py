"""What is searched when a pretrained backbone is fine-tuned on one task, or trained from scratch."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.augmentation import suggest_augmentation
from search_spaces.freezing import suggest_freezing
from search_spaces.heads import suggest_heads
from search_spaces.optimisation import suggest_optimisation
from search_spaces.pooling import suggest_pooling
from study.values.arm import ArmFacts


def fine_tuning(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: freezing depth, learning rates, head, optimisation and augmentation.

    Args:
        trial: The Optuna trial.
        arm: The arm searched; from scratch it allows freezing depth 0 alone.
    """
    return {
        **suggest_freezing(trial, arm),
        **suggest_heads(trial),
        **suggest_optimisation(trial, arm),
        **suggest_augmentation(trial, arm),
        **suggest_pooling(trial, arm),
    }
