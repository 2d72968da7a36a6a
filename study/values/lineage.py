"""A lineage: the configurations that a trial's ancestors were trained with before it, each for some epochs."""

from __future__ import annotations

from pydantic import Field

from study.values.frozen import Frozen
from study.values.hyperparameters import Hyperparameters

MAY_CHANGE = (
    "head_learning_rate",
    "backbone_learning_rate",
    "layer_decay",
    "momentum",
    "weight_decay",
    "dropout",
    "label_smoothing",
    "task_weights",
    "gradient_clip",
    "sam_radius",
    "l2_sp",
    "mixup_alpha",
    "cutmix_alpha",
)
"""Hyperparameters that may differ between a trial and the one that it goes on from: numbers by which a model of the
same shape is trained, on the same batches, from the same cached features. A method that is off stays off."""


class Segment(Frozen):
    """Some epochs of a training, all with one configuration."""

    trial: int
    """Number, in the study, of the trial that trained them first."""
    hyperparameters: Hyperparameters
    until_epoch: int = Field(ge=1)
    """The last of them, counted from 1 over the whole training."""


def may_follow(values: Hyperparameters, parent: Hyperparameters) -> bool:
    """Whether training can go on with `values` where it was trained with `parent` before."""
    differing = [name for name in Hyperparameters.model_fields if getattr(values, name) != getattr(parent, name)]
    return all(name in MAY_CHANGE and _are_alike(getattr(values, name), getattr(parent, name)) for name in differing)


def _are_alike(one: object, other: object) -> bool:
    """Whether two values are both given, and of the same tasks where they are weights."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys()
    return one is not None and other is not None
