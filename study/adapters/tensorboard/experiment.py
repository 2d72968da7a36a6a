"""The columns of TensorBoard's HPARAMS tab, written once for the whole study.

Without them TensorBoard would show a column for every metric of every split. They are known before any trial is:
the hyperparameters are those that a trial understands, the tasks are the arms'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from types import NoneType
from typing import get_args, get_origin

from pydantic.fields import FieldInfo
from tensorboard.plugins.hparams.api_pb2 import (
    DATA_TYPE_BOOL,
    DATA_TYPE_FLOAT64,
    DATA_TYPE_STRING,
    DATASET_UNKNOWN,
    DATASET_VALIDATION,
    Experiment,
    HParamInfo,
    MetricInfo,
    MetricName,
)

from study.values.arm import Arm
from study.values.hyperparameters import Hyperparameters
from study.values.metric_names import OBJECTIVE, Split, tag
from study.values.plan import Purpose

_DESCRIPTION = (
    "Status tells how a trial ended: Success is complete, Failure is failed, Unknown is running or stopped early. "
    "Only complete trials were trained on the same budget and may be compared."
)


def study_experiment(arms: Sequence[Arm]) -> Experiment:
    """Return the description of a study's columns: every hyperparameter, and each task's own metric."""
    return Experiment(
        description=_DESCRIPTION,
        hparam_infos=[*_arm_facts(arms), *_trial_facts(), *_hyperparameters(arms)],
        metric_infos=list(_metrics(arms)),
    )


def compared_tags(arm: Arm) -> tuple[str, ...]:
    """Return the tags that trials of an arm are compared by on validation: the objective, each task's own metric."""
    return (OBJECTIVE, *(tag(Split.VALIDATION, task.name, task.metric) for task in arm.tasks))


def _metrics(arms: Sequence[Arm]) -> Iterator[MetricInfo]:
    for name in dict.fromkeys(name for arm in arms for name in compared_tags(arm)):
        what = "What configurations are compared by." if name == OBJECTIVE else "The task's own metric."
        yield _metric(name, DATASET_VALIDATION, what)
    for task, metric in dict.fromkeys((task.name, task.metric) for arm in arms for task in arm.tasks):
        yield _metric(tag(Split.TEST, task, metric), DATASET_UNKNOWN, "Of assessments only.")


def _metric(name: str, dataset: int, description: str) -> MetricInfo:
    return MetricInfo(name=MetricName(tag=name), dataset_type=dataset, description=description)


def _arm_facts(arms: Sequence[Arm]) -> Iterator[HParamInfo]:
    yield _text("arm/name", [arm.id for arm in arms])
    yield _text("arm/protocol", [arm.protocol.value for arm in arms])
    yield _text("arm/backbone", [arm.backbone.name for arm in arms])
    yield _text("arm/tasks", ["+".join(arm.task_names) for arm in arms])


def _trial_facts() -> Iterator[HParamInfo]:
    yield _text("trial/purpose", [purpose.value for purpose in Purpose])
    yield HParamInfo(name="trial/seed", type=DATA_TYPE_FLOAT64, differs=True)


def _hyperparameters(arms: Sequence[Arm]) -> Iterator[HParamInfo]:
    shared = dict.fromkeys(name for arm in arms if arm.protocol.is_multi_task for name in arm.task_names)
    for name, field in Hyperparameters.model_fields.items():
        if get_origin(field.annotation) is dict:
            for task in shared:
                yield HParamInfo(name=f"{name}.{task}", type=DATA_TYPE_FLOAT64, differs=True)
        else:
            yield _hyperparameter(name, field)


def _hyperparameter(name: str, field: FieldInfo) -> HParamInfo:
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType]
    if all(kind in (int, float) for kind in kinds):
        return HParamInfo(name=name, description=field.description, type=DATA_TYPE_FLOAT64, differs=True)
    if kinds == [bool]:
        return HParamInfo(name=name, description=field.description, type=DATA_TYPE_BOOL, differs=True)
    if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], Enum):
        return _text(name, [member.value for member in kinds[0]], field.description)
    return HParamInfo(name=name, description=field.description, type=DATA_TYPE_STRING, differs=True)


def _text(name: str, values: Sequence[str], description: str | None = None) -> HParamInfo:
    """Return a column of text; TensorBoard shows only trials whose value is among `values`."""
    distinct = list(dict.fromkeys(values))
    info = HParamInfo(name=name, description=description, type=DATA_TYPE_STRING, differs=len(distinct) > 1)
    info.domain_discrete.extend(distinct)
    return info
