"""How much of the backbone is trained, and how fast."""

from __future__ import annotations

from typing import Any

import optuna

from study.values.arm import ArmFacts


def suggest_freezing(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest the freezing depth and, where that leaves stages to train, their learning rate.

    The learning rate is log-uniform in 1e-5..1e-2 on pretrained weights: Kornblith et al. (2019, "Do Better ImageNet
    Models Transfer Better?") search 1e-4..1e-1 for SGD with Nesterov momentum; AdamW takes less (ConvNeXt is
    fine-tuned with 5e-5: Liu et al., 2022). Random weights have further to go: 1e-4..1e-1 there (SGD starts at 1e-1
    in He et al., 2016). One range for all optimizers: a range that depended on the optimizer would be another
    distribution under the same name, which neither TPE nor importances can put together.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    depth = _freezing_depth(trial, arm)
    if depth == arm.num_stages:
        return {"freezing_depth": depth}
    low, high = (1e-4, 1e-1) if _starts_random(arm) else (1e-5, 1e-2)
    rate = trial.suggest_float("backbone_learning_rate", low, high, log=True)
    return {"freezing_depth": depth, "backbone_learning_rate": rate}


def _freezing_depth(trial: optuna.Trial, arm: ArmFacts) -> int:
    if arm.min_freezing_depth == arm.max_freezing_depth:
        return arm.min_freezing_depth
    return trial.suggest_int("freezing_depth", arm.min_freezing_depth, arm.max_freezing_depth)


def _starts_random(arm: ArmFacts) -> bool:
    # Only random weights rule out every freezing depth but 0: from scratch, and any protocol on an untrained backbone.
    return arm.max_freezing_depth == 0
