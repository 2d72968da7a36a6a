"""An arm: what is compared."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from study.values.class_counts import ClassCounts
from study.values.frozen import Frozen
from study.values.hyperparameters import Augmentation
from study.values.input_kind import InputKind
from study.values.metric_names import METRICS
from study.values.protocols import Protocol
from study.values.spec import BackboneSpec, StudySpec, TaskSpec
from study.values.target_kind import TargetKind


class Arm(Frozen):
    """Protocol x backbone x task (a task set for shared representation)."""

    protocol: Protocol
    backbone: BackboneSpec
    """With random weights where the protocol is from_scratch."""
    tasks: tuple[TaskSpec, ...]
    """One task; all of the study's for shared representation."""
    stratify: tuple[tuple[str | None, ...], ...]
    """For each task, the targets of the whole study on that task's data. Splits are stratified by them jointly,
    so that every arm of a study, single-task or shared, divides the same data in the same way."""
    regressed: tuple[tuple[str | None, ...], ...] = ()
    """For each task, which of those are predicted as numbers; empty where none of any task is."""

    @property
    def id(self) -> str:
        """Its name: `protocol/backbone/task`, tasks joined by `+`."""
        return f"{self.protocol.value}/{self.backbone.name}/{'+'.join(self.task_names)}"

    @property
    def task_names(self) -> tuple[str, ...]:
        """Names of its tasks, in the spec's order."""
        return tuple(task.name for task in self.tasks)

    def without(self, task: str) -> Arm:
        """Return the arm without one of its tasks; the others divide their data as they did with it."""
        kept = [place for place, name in enumerate(self.task_names) if name != task]
        assert 0 < len(kept) < len(self.tasks), f"{task} is one of several tasks of {self.id}"
        tasks, stratify = ([values[place] for place in kept] for values in (self.tasks, self.stratify))
        regressed = tuple(self.regressed[place] for place in kept) if self.regressed else ()
        return self.model_copy(update={"tasks": tuple(tasks), "stratify": tuple(stratify), "regressed": regressed})

    @property
    def numbers(self) -> tuple[tuple[str | None, ...], ...]:
        """`regressed`, one for each task in any case."""
        return self.regressed or tuple(() for _ in self.tasks)

    @property
    def maximize(self) -> bool:
        """Whether a higher objective is better."""
        return METRICS[self.tasks[0].metric].maximize

    @property
    def direction(self) -> str:
        """`maximize` or `minimize`, as Optuna says it."""
        return METRICS[self.tasks[0].metric].direction


class ArmFacts(Frozen):
    """What a search space is told of the arm it searches, beside the Optuna trial."""

    arm: str
    """The arm's id."""
    protocol: Protocol
    num_stages: int
    """S of the backbone."""
    min_freezing_depth: int
    """Smallest freezing depth the protocol allows."""
    max_freezing_depth: int
    """Largest freezing depth the protocol allows."""
    tasks: tuple[str, ...]
    """Names of the arm's tasks."""
    num_data_sets: int = 1
    """How many data sets the arm's tasks are on."""
    num_classes: dict[str, int]
    """Classes, or labels, of each task; 1 where it predicts a number."""
    num_train: int
    """Training examples of the arm's smallest task: no batch may be larger."""
    epochs: int
    """Epochs of a whole trial."""
    validation_counts: dict[str, ClassCounts] = Field(default_factory=dict)
    """Of each task's validation examples, by the task's name; of tasks with classes."""
    augmentations: tuple[Augmentation, ...] = (Augmentation.NONE,)
    """What may be done at random to training images."""
    inputs: InputKind = InputKind.IMAGE
    """What its examples are."""
    stage_shares: tuple[float, ...] = ()
    """Each stage's share of the operations of a forward pass; empty where the budget does not go by them."""
    poolings: tuple[str, ...] = ()
    """What heads may read of the backbone's features; none where these are one pooling only."""
    linear_stages: tuple[int, ...] = ()
    """Positions of the stages with linear layers, whose weights can learn by low-rank changes."""
    convolution_stages: tuple[int, ...] = ()
    """Positions of the stages with linear layers or convolutions, whose weights can learn by low-rank changes."""
    block_stages: tuple[int, ...] = ()
    """Positions of the stages with blocks, behind which adapters can stand."""


def build_arms(spec: StudySpec) -> tuple[Arm, ...]:
    """Return every arm of a study, ordered by protocol, backbone, task as in the spec."""
    return tuple(
        Arm(
            protocol=protocol,
            backbone=backbone.from_scratch() if protocol is Protocol.FROM_SCRATCH else backbone,
            tasks=tasks,
            stratify=tuple(_targets_on_same_data(task, spec) for task in tasks),
            regressed=_regressed(tasks, spec),
        )
        for protocol in spec.protocols
        for backbone in spec.backbones
        for tasks in ([spec.tasks] if protocol.is_multi_task else [(task,) for task in spec.tasks])
    )


def _regressed(tasks: Sequence[TaskSpec], spec: StudySpec) -> tuple[tuple[str | None, ...], ...]:
    numbers = [task for task in spec.tasks if task.kind is TargetKind.REGRESSION]
    found = tuple(
        tuple(dict.fromkeys(other.target for other in numbers if other.data_identity == task.data_identity))
        for task in tasks
    )
    return found if any(found) else ()


def _targets_on_same_data(task: TaskSpec, spec: StudySpec) -> tuple[str | None, ...]:
    alike = [other for other in spec.tasks if other.data_identity == task.data_identity]
    return tuple(dict.fromkeys(target for other in alike for target in other.targets))
