"""What is searched when a backbone is fine-tuned whole or by adapters behind its blocks."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import ArmFacts


def adapters(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and whether stages learn whole or by adapters.

    - `adapter_width` 8, 16, 32, .. 256, where `with_adapters` is on: Houlsby et al. (2019, section 3.2) choose from
      8, 64 and 256; only where an unfrozen stage has blocks and weights are pretrained: random ones would stay as
      they were drawn.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    values = fine_tuning(trial, arm)
    is_pretrained = arm.max_freezing_depth > 0
    can_learn = is_pretrained and any(stage >= values["freezing_depth"] for stage in arm.block_stages)
    if can_learn and trial.suggest_categorical("with_adapters", [False, True]):
        values["adapter_width"] = trial.suggest_categorical("adapter_width", [8, 16, 32, 64, 128, 256])
    return values
