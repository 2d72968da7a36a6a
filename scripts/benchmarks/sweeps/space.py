"""What both sides search: the project's own fine-tuning space, over a backbone of four stages."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import Arm, ArmFacts, build_arms
from study.values.spec import StudySpec


def facts_of(arm: Arm) -> ArmFacts:
    """Return what the space is told of an arm."""
    return ArmFacts(
        arm=arm.id,
        protocol=arm.protocol,
        num_stages=4,
        min_freezing_depth=0,
        max_freezing_depth=3,
        tasks=arm.task_names,
        num_classes=dict.fromkeys(arm.task_names, 2),
        num_train=4096,
        epochs=1,
    )


def define_by_run(trial: optuna.Trial) -> dict[str, Any]:
    """Suggest a configuration, as OptunaSearch calls it."""
    spec = {"name": "a", "backbones": ["resnet18"], "tasks": [{"name": "a", "data": "digits"}]}
    (arm, *_) = build_arms(StudySpec.model_validate({**spec, "protocols": ["fine_tuning"]}))
    return fine_tuning(trial, facts_of(arm))
