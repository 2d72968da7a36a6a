"""What a search space may suggest: every hyperparameter that a trial understands."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import Field, ValidationError

from study.values.balancing_settings import BalancingSettings
from study.values.fine_tuning_methods import FineTuningMethods
from study.values.input_kind import InputKind
from study.values.mixing import mixing_problems
from study.values.problems import InputError, Problem, unknown_name
from study.values.task_balancing import TaskBalancing, packages_problem


class OptimizerKind(str, Enum):
    """Which optimizer trains the heads and the unfrozen stages."""

    ADAMW = "adamw"
    ADAM = "adam"
    SGD = "sgd"
    """With Nesterov momentum."""


class Schedule(str, Enum):
    """How the learning rates move after warm-up."""

    COSINE = "cosine"
    """Down to 0 along half a cosine (Loshchilov and Hutter, 2017, SGDR, without restarts)."""
    CONSTANT = "constant"


class Augmentation(str, Enum):
    """What is done at random to training images, to each another thing every time."""

    NONE = "none"
    FLIP = "flip"
    """Mirrored left to right, half of them."""
    CROP = "crop"
    """Mirrored, and cropped to a random part that is scaled up to the whole (Szegedy et al., 2015)."""
    CROP_COLOR = "crop_color"
    """The same, with brightness, contrast and saturation changed."""


class Hyperparameters(BalancingSettings, FineTuningMethods):
    """One configuration of an arm, whole."""

    freezing_depth: int = Field(ge=0)
    """k: stages 0..k-1 take no gradient and run in eval mode."""
    head_learning_rate: float = Field(gt=0, allow_inf_nan=False)
    """Peak learning rate of the heads."""
    backbone_learning_rate: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Peak learning rate of the unfrozen stages; needed unless all are frozen."""
    batch_size: int = Field(ge=1)
    """Examples a step."""
    head_depth: int = Field(default=0, ge=0, le=8)
    """Hidden layers of each head; 0 is a linear head."""
    head_width: int = Field(default=256, ge=1)
    """Units of each hidden layer; of no effect on a linear head."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of a head's inputs (and of its hidden units) dropped in training."""
    optimizer: OptimizerKind = OptimizerKind.ADAMW
    """`adamw`, `adam` or `sgd`."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Of `sgd`; of no effect on the others."""
    weight_decay: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Not applied to biases and normalisation."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Of the cross-entropy."""
    warmup_fraction: float = Field(default=0.0, ge=0, lt=1)
    """Share of all steps in which the learning rates rise linearly from 0."""
    schedule: Schedule = Schedule.COSINE
    """`cosine` or `constant`."""
    augmentation: Augmentation = Augmentation.NONE
    """`none`, `flip`, `crop` or `crop_color`, of training images; metrics are measured on images as they are."""
    pooling: str | None = None
    """Which pooling of a text encoder's outputs the heads read: `cls`, `mean` or `both`, which is also what is read
    where none is given."""
    task_weights: dict[str, float] = Field(default_factory=dict)
    """w_t by task name, non-negative; scaled so that they sum to the number of tasks. Equal where not given."""
    task_sampling_exponent: float | None = Field(default=None, ge=0, le=1)
    """tau: which of several data sets gives the next batch is drawn with chances in proportion to n^tau, n its training
    examples. They take turns where it is not given; of no effect where all tasks are on the same data."""


def check_hyperparameters(
    suggested: Mapping[str, Any],
    *,
    num_stages: int,
    tasks: tuple[str, ...],
    space: str,
    poolings: tuple[str, ...] = (),
    inputs: InputKind = InputKind.IMAGE,
) -> Hyperparameters:
    """Return what a space suggested as hyperparameters.

    Args:
        suggested: What the space's function returned.
        num_stages: S of the arm's backbone.
        tasks: Names of the arm's tasks.
        space: The space's reference, for messages.
        poolings: Of the arm's backbone.
        inputs: What the arm's examples are.

    Raises:
        InputError: For an unknown hyperparameter, a value out of range, a depth beyond S, a weight of no task.
    """
    if not isinstance(suggested, Mapping):
        raise InputError(
            f"space {space} returned a {type(suggested).__name__}; it must return a dict of hyperparameters"
        )
    known = Hyperparameters.model_fields
    problems = [
        Problem(message=f"space {space}: {unknown_name(str(name), known, what='hyperparameter')}")
        for name in suggested
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    try:
        checked = Hyperparameters.model_validate(dict(suggested))
    except ValidationError as error:
        raise InputError(
            [
                Problem(message=f"space {space}: {'.'.join(map(str, e['loc']))} = {e['input']!r}: {e['msg']}")
                for e in error.errors()
            ]
        ) from None
    problems = [
        *_arm_problems(checked, num_stages, tasks, space),
        *_pooling_problems(checked, poolings, space),
        *[Problem(message=f"space {space}: {text}") for text in mixing_problems(checked, num_stages, inputs)],
    ]
    if problems:
        raise InputError(problems)
    return checked


def _arm_problems(values: Hyperparameters, num_stages: int, tasks: tuple[str, ...], space: str) -> list[Problem]:
    found = []
    if values.freezing_depth > num_stages:
        found.append(
            f"freezing_depth = {values.freezing_depth}, but the backbone has {num_stages} stages (0..{num_stages})"
        )
    if values.freezing_depth < num_stages and values.backbone_learning_rate is None:
        found.append(
            f"freezing_depth = {values.freezing_depth} leaves stages to train, so backbone_learning_rate is needed"
        )
    if values.accumulation_steps > values.batch_size:
        found.append(
            f"accumulation_steps = {values.accumulation_steps}, but batch_size = {values.batch_size} has no more parts"
        )
    for name, weight in values.task_weights.items():
        if name not in tasks:
            found.append(f"task_weights: {unknown_name(name, tasks, what='task')}")
        elif not 0 <= weight < float("inf"):
            found.append(f"task_weights: {name} = {weight}; must be finite and not negative")
    if values.task_weights and sum(values.task_weights.get(task, 1.0) for task in tasks) <= 0:
        found.append("task_weights: all are 0; at least one must be positive")
    found += [*values.contradictions(), *_balancing_problems(values, tasks)]
    return [Problem(message=f"space {space}: {text}") for text in found]


def _pooling_problems(values: Hyperparameters, poolings: tuple[str, ...], space: str) -> list[Problem]:
    if values.pooling is None or values.pooling in poolings:
        return []
    if not poolings:
        message = f"pooling = {values.pooling!r}, but the backbone has one pooling only; leave it out"
    else:
        message = unknown_name(values.pooling, poolings, what="pooling")
    return [Problem(message=f"space {space}: {message}")]


def _balancing_problems(values: Hyperparameters, tasks: tuple[str, ...]) -> list[str]:
    method, found = values.task_balancing, []
    if method is not TaskBalancing.WEIGHTED_SUM and len(tasks) == 1:
        found.append(f"task_balancing = {method.value}, but there is one task, {tasks[0]}, and nothing to balance")
    if values.accumulation_steps > 1 and not values.adds_up:
        found.append(
            f"accumulation_steps = {values.accumulation_steps}, but task_balancing = {method.value} goes by whole "
            "batches; set accumulation_steps = 1"
        )
    if values.sam_radius is not None and not values.adds_up:
        found.append(
            f"sam_radius = {values.sam_radius}, but task_balancing = {method.value} goes by what one pass over a batch "
            "shows, and there would be two; leave sam_radius out"
        )
    if method.needs_shared_parameters and (values.probe_epochs or values.unfreeze_every):
        found.append(
            f"task_balancing = {method.value} goes by what tasks share, of which with probe_epochs or unfreeze_every "
            "nothing is trained at first; leave these out"
        )
    missing = packages_problem(method)
    if missing is not None:
        found.append(missing)
    if values.task_sampling_exponent is not None and method.needs_shared_parameters:
        found.append(
            f"task_sampling_exponent = {values.task_sampling_exponent}, but task_balancing = {method.value} takes a "
            "batch of every data set in each step: there is none to draw"
        )
    return found
