"""What a search space is told of an arm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from study.parts.backbones import Backbone, build_architecture, stage_shares
from study.parts.backbones.adapters import adapter_stages
from study.parts.backbones.low_rank import low_rank_stages
from study.parts.columns import Columns
from study.parts.tasks import build_tasks
from study.parts.tasks.data import MISSING
from study.parts.tasks.task import Task
from study.values.arm import Arm, ArmFacts
from study.values.class_counts import ClassCounts
from study.values.fine_tuning_methods import LoraLayers
from study.values.hyperparameters import Augmentation
from study.values.input_kind import InputKind
from study.values.problems import InputError, Problem
from study.values.protocols import Protocol
from study.values.seeds import derive_seed
from study.values.spec import StudySpec


def arm_facts(arm: Arm, spec: StudySpec, *, root: Path) -> ArmFacts:
    """Look up an arm's facts: reads its labels and builds its backbone's outline, but no inputs and no weights.

    Raises:
        InputError: If the backbone takes another kind of inputs than the tasks are of, or rows of another length.
    """
    backbone = build_architecture(arm.backbone, root=root)
    num_stages = backbone.num_stages
    smallest, largest = arm.protocol.freezing_depths(num_stages, pretrained=arm.backbone.is_pretrained)
    tasks = build_tasks(arm, split_seed=split_seed(spec.seed), root=root, outer=spec.search.outer)
    _refuse_other_kinds(arm, backbone, tasks)
    _refuse_other_columns(arm, backbone, tasks)
    takes_images = backbone.preprocessing.kind is InputKind.IMAGE
    return ArmFacts(
        arm=arm.id,
        protocol=arm.protocol,
        num_stages=num_stages,
        min_freezing_depth=smallest,
        max_freezing_depth=largest,
        tasks=arm.task_names,
        num_data_sets=len({task.data_identity for task in arm.tasks}),
        num_classes={task.name: max(1, len(task.classes)) for task in tasks},
        num_train=int(np.min([len(task.splits.train) for task in tasks])),
        validation_counts={task.name: _validation_counts(task) for task in tasks if task.kind.has_classes},
        epochs=spec.budget.epochs,
        augmentations=spec.augmentation.kinds if takes_images else (Augmentation.NONE,),
        inputs=backbone.preprocessing.kind,
        poolings=tuple(backbone.poolings),
        linear_stages=low_rank_stages(backbone, LoraLayers.LINEAR),
        convolution_stages=low_rank_stages(backbone, LoraLayers.LINEAR_AND_CONVOLUTIONS),
        block_stages=adapter_stages(backbone),
        stage_shares=stage_shares(backbone) if spec.goes_by_work else (),
    )


def _refuse_other_kinds(arm: Arm, backbone: Backbone, tasks: Sequence[Task]) -> None:
    kind = backbone.preprocessing.kind
    problems = [
        Problem(
            message=f"backbone {arm.backbone.name} takes {kind.value}, but task {task.name} is on "
            f"{task.inputs.kind.value}; put them into studies of their own",
            location=("tasks",),
        )
        for task in tasks
        if task.inputs.kind is not kind
    ]
    if problems:
        raise InputError(problems)


def _refuse_other_columns(arm: Arm, backbone: Backbone, tasks: Sequence[Task]) -> None:
    """Refuse rows of another length, and a layer that is frozen before it has seen what to standardise by."""
    if not isinstance(backbone.preprocessing, Columns):
        return
    width = backbone.preprocessing.width
    problems = [
        Problem(
            message=f"backbone {arm.backbone.name} takes rows of {width} numbers, but those of task {task.name} have "
            f"{len(task.inputs.read(0))}; set options.inputs of the backbone to that",
            location=("backbones",),
        )
        for task in tasks
        if len(task.inputs.read(0)) != width
    ]
    if arm.protocol is Protocol.LINEAR_PROBE and not arm.backbone.is_pretrained:
        message = (
            f"backbone {arm.backbone.name} has random weights, and linear_probe freezes them all: nothing would learn "
            "what rows are standardised by; give it weights from a file, or leave linear_probe out"
        )
        problems.append(Problem(message=message, location=("protocols",)))
    if problems:
        raise InputError(problems)


def _validation_counts(task: Task) -> ClassCounts:
    labels = task.labels[task.splits.validation]
    return ClassCounts.of(np.bincount(labels[labels != MISSING]).tolist())


def split_seed(seed: int) -> int:
    """Return the seed of the data splits of a study with that seed, one for all its arms."""
    return derive_seed(seed, "split")
