"""What is searched when a backbone is fine-tuned whole or by low-rank changes of its layers."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import ArmFacts
from study.values.fine_tuning_methods import LoraLayers


def low_rank(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and whether stages learn whole or by changes of low rank.

    - `lora_rank` 1, 2, 4, .. 64, where `lora` is on, of which Hu et al. (2022, section 7.2) find 1 to 4 enough for
      attention and compare up to 64; only where an unfrozen stage has linear layers and weights are
      pretrained: random ones would stay as they were drawn. Of a backbone that has no linear layers at all, such as
      ResNet, it is the convolutions that learn so.

    `lora_alpha` stays at the rank: to tune it is about to tune the learning rate (Hu et al., 2022, section 4.1), which
    is searched.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    values = fine_tuning(trial, arm)
    is_pretrained = arm.max_freezing_depth > 0
    stages = arm.linear_stages or arm.convolution_stages
    can_learn = is_pretrained and any(stage >= values["freezing_depth"] for stage in stages)
    if can_learn and trial.suggest_categorical("lora", [False, True]):
        values["lora_rank"] = trial.suggest_categorical("lora_rank", [1, 2, 4, 8, 16, 32, 64])
        if not arm.linear_stages:
            values["lora_layers"] = LoraLayers.LINEAR_AND_CONVOLUTIONS.value
    return values
