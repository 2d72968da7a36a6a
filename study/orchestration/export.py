"""Export: the weights of an arm's selected configuration, with what is needed to predict with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from safetensors.torch import save_file

from study.learning.checkpoint import load_trained
from study.learning.manifest import check_manifest
from study.learning.model import AdaptedModel, adapt
from study.learning.trained_state import separate
from study.orchestration.exported import CONFIG, WEIGHTS, ExportConfig
from study.orchestration.exported_inputs import write_preparation
from study.orchestration.exported_task import ExportedTask
from study.orchestration.model_card import FILE as CARD
from study.orchestration.model_card import model_card
from study.parts.backbones.keras_models import KerasBackbone
from study.parts.backbones.keras_models.model_file import ARCHITECTURE
from study.parts.objectives import Scale
from study.parts.tasks.task import Task
from study.trial.materials import Materials
from study.values.metric_names import Split
from study.values.plan import TrialPlan
from study.values.problems import InputError
from study.values.records import TrialRecord
from study.values.target_kind import TargetKind


def export(
    assessments: Sequence[TrialRecord],
    plan_of_now: TrialPlan,
    *,
    study: str,
    bring: Callable[[str], Path],
    output: Path,
) -> Path:
    """Write a model folder and return it.

    Of the assessment's seeds the one best on validation is taken; test has no say in it.

    Args:
        assessments: Complete assessments of one arm's selected configuration, at least one.
        plan_of_now: The plan of any of them, brought up to where the study is now.
        study: The study's name.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
        output: Folder to write; must not exist yet or be empty.

    Raises:
        DamagedCheckpointError: If the checkpoint is not what was written, or not there.
        InputError: If `output` is taken or no checkpoint was kept.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"{output} exists already; choose another folder to export to")
    record = _best(assessments)
    if record.checkpoint is None:
        raise InputError(f"assessment {record.plan.id} of {record.plan.arm.id} kept no checkpoint")
    checkpoint = bring(record.checkpoint)
    check_manifest(checkpoint, of=record.plan.folder)
    # Frozen stages are not in the checkpoint: for random weights they follow from the assessment's own seed.
    plan = plan_of_now.model_copy(update={"seed": record.plan.seed, "repeat": record.plan.repeat, "checkpoint": None})
    materials = Materials()
    tasks = materials.tasks(plan)
    model = adapt(materials.backbone(plan), tasks, plan.hyperparameters)
    load_trained(checkpoint, model)
    model.merge()
    config = _config(record, plan, tasks, study)
    _write(output, model, config)
    card = model_card(config, seeds=len(assessments), inputs=model.backbone.preprocessing.kind)
    (output / CARD).write_text(card, encoding="utf-8")
    return output


def _best(assessments: Sequence[TrialRecord]) -> TrialRecord:
    sign = -1.0 if assessments[0].plan.arm.maximize else 1.0
    return min(assessments, key=lambda record: (sign * (record.objective or 0), record.plan.repeat))


def _write(output: Path, model: AdaptedModel, config: ExportConfig) -> None:
    output.mkdir(parents=True, exist_ok=True)
    save_file(separate(model.state_dict()), output / WEIGHTS)
    write_preparation(output, model.backbone.preprocessing)
    if isinstance(model.backbone, KerasBackbone):
        (output / ARCHITECTURE).write_text(model.backbone.architecture, encoding="utf-8")
    (output / CONFIG).write_text(config.model_dump_json(indent=2))


def _config(record: TrialRecord, plan: TrialPlan, tasks: Sequence[Task], study: str) -> ExportConfig:
    last = record.chosen_epoch.metrics
    return ExportConfig(
        backbone=plan.arm.backbone,
        root=plan.root,
        head_depth=plan.hyperparameters.head_depth,
        head_width=plan.hyperparameters.head_width,
        pooling=plan.hyperparameters.pooling,
        tasks=tuple(_exported(task) for task in tasks),
        study=study,
        arm=plan.arm.id,
        trial=plan.number,
        seed_number=record.plan.repeat,
        validation={name: value for name, value in last.items() if name.startswith(f"{Split.VALIDATION.value}/")},
        test=record.test,
        costs=record.costs,
        licences={task.name: task.licence for task in tasks if task.licence is not None},
    )


def _exported(task: Task) -> ExportedTask:
    if task.kind is not TargetKind.REGRESSION:
        return ExportedTask(name=task.name, classes=task.classes, kind=task.kind)
    scale = Scale.of(task.labels[task.splits.train])
    return ExportedTask(name=task.name, classes=(), kind=task.kind, mean=scale.mean, std=scale.std)
