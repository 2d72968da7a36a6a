"""The whole spec of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, field_validator, model_validator

from study.values.choice import ChoiceRule
from study.values.frozen import Frozen
from study.values.keys import content_digest
from study.values.metric_names import CLASSES, METRICS, OF_THE_TARGET
from study.values.protocols import Protocol
from study.values.spec.augmentation import AugmentationSpec
from study.values.spec.backbone import NAME_PATTERN, BackboneSpec
from study.values.spec.running import AssessmentSpec, BudgetSpec, ResourcesSpec, StorageSpec
from study.values.spec.search import SearchSpec
from study.values.spec.task import TaskSpec
from study.values.spec.tensorboard import TensorBoardSpec
from study.values.standard_error import WITH_STANDARD_ERROR
from study.values.target_kind import TargetKind

_FREE_TO_ASSESS = {"seeds", "few_shot", "confidence", "robustness", "leave_one_task_out", "affinity"}
"""What of the assessment may change once the study has begun."""

_ADDED_TO_SEARCH: tuple[tuple[str, Any], ...] = (
    ("choice", ChoiceRule.BEST.value),
    ("outer", 0.0),
    ("population", None),
    ("objectives", []),
    ("constraints", {}),
    ("warm_start", []),
    ("low_cost_start", False),
    ("racing", None),
    ("population_based_training", None),
    ("screening", None),
)
"""Keys that are not in the digests of studies begun before there were such, and what they are where not used."""

_ADDED_TO_TASKS: tuple[tuple[str, Any], ...] = (
    ("out_of_distribution", []),
    ("kind", TargetKind.CLASSIFICATION.value),
    ("labels", []),
    ("classes", []),
)
"""The same for each task's."""


class StudySpec(Frozen):
    """One question: which of these backbones, adapted how, generalizes best on these tasks."""

    name: str = Field(pattern=NAME_PATTERN)
    """What the study is called."""
    seed: int = Field(default=0, ge=0, lt=2**31)
    """Root of every random choice."""
    protocols: tuple[Protocol, ...] = Field(default=(Protocol.FINE_TUNING,), min_length=1)
    """`fine_tuning`, `shared_representation`, and the baselines `linear_probe` and `from_scratch`."""
    backbones: tuple[BackboneSpec, ...] = Field(min_length=1)
    """The candidates."""
    tasks: tuple[TaskSpec, ...] = Field(min_length=1)
    """What they are put to."""
    augmentation: AugmentationSpec = AugmentationSpec()
    """What is done at random to training images."""
    search: SearchSpec = SearchSpec()
    """How configurations are searched."""
    budget: BudgetSpec = BudgetSpec()
    """What may be spent."""
    resources: ResourcesSpec = ResourcesSpec()
    """What it runs on."""
    assessment: AssessmentSpec = AssessmentSpec()
    """How the selected configurations are scored."""
    storage: StorageSpec = StorageSpec()
    """Where Optuna keeps its trials."""
    tensorboard: TensorBoardSpec = TensorBoardSpec()
    """What TensorBoard is shown."""

    @field_validator("protocols")
    @classmethod
    def _protocols_differ(cls, value: tuple[Protocol, ...]) -> tuple[Protocol, ...]:
        _refuse_repeats([protocol.value for protocol in value], "protocol")
        return value

    @field_validator("backbones")
    @classmethod
    def _backbones_differ(cls, value: tuple[BackboneSpec, ...]) -> tuple[BackboneSpec, ...]:
        _refuse_repeats([backbone.name for backbone in value], "backbone name")
        return value

    @field_validator("tasks")
    @classmethod
    def _tasks_differ(cls, value: tuple[TaskSpec, ...]) -> tuple[TaskSpec, ...]:
        _refuse_repeats([task.name for task in value], "task name")
        return value

    @model_validator(mode="after")
    def _sharing_makes_sense(self) -> StudySpec:
        if Protocol.SHARED_REPRESENTATION not in self.protocols:
            return self
        if len(self.tasks) < 2:
            raise ValueError("shared_representation needs at least 2 tasks; the spec has 1")
        if len({METRICS[task.metric].maximize for task in self.tasks}) > 1:
            chosen = ", ".join(f"{task.name}: {task.metric}" for task in self.tasks)
            raise ValueError(
                f"shared_representation averages the tasks' metrics, so all must share a direction; {chosen}"
            )
        in_own_unit = [f"{task.name}: {task.metric}" for task in self.tasks if _is_in_own_unit(task)]
        if in_own_unit:
            raise ValueError(
                f"shared_representation averages the tasks' metrics, and {', '.join(in_own_unit)} is in the target's "
                "own unit, which has no mean with another; for regression choose r2, for classes in an order "
                "quadratic_kappa"
            )
        by_data: dict[str, TaskSpec] = {}
        for task in self.tasks:
            other = by_data.setdefault(f"{task.data} {task.options}", task)
            if other.data_identity != task.data_identity:
                raise ValueError(
                    f"tasks {other.name} and {task.name} share the data {task.data} but not split and limit; in "
                    "shared_representation they must, or one task would train on what the other is tested on"
                )
        return self

    @model_validator(mode="after")
    def _scores_have_a_standard_error(self) -> StudySpec:
        without = [f"{task.name}: {task.metric}" for task in self.tasks if task.metric not in WITH_STANDARD_ERROR]
        if self.search.choice is ChoiceRule.ONE_STANDARD_ERROR and without:
            raise ValueError(
                f"search.choice = {self.search.choice.value} needs metrics whose standard error is known from the "
                f"number of examples: {', '.join(WITH_STANDARD_ERROR)}; of another kind are {', '.join(without)}"
            )
        return self

    @model_validator(mode="after")
    def _few_examples_are_of_classes(self) -> StudySpec:
        without = [f"{task.name} ({task.kind.value})" for task in self.tasks if not task.kind.has_classes]
        if self.assessment.few_shot and without:
            raise ValueError(
                f"assessment.few_shot takes so many examples of each class; {', '.join(without)} has no classes"
            )
        return self

    @model_validator(mode="after")
    def _what_is_asked_of_sharing_is_there(self) -> StudySpec:
        shared, single = Protocol.SHARED_REPRESENTATION, Protocol.FINE_TUNING
        needed = {"leave_one_task_out": (shared, single), "affinity": (shared,)}
        for name, protocols in needed.items():
            missing = [protocol.value for protocol in protocols if protocol not in self.protocols]
            if getattr(self.assessment, name) and missing:
                raise ValueError(
                    f"assessment.{name} is true, which needs {' and '.join(p.value for p in protocols)} among the "
                    f"protocols; {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not"
                )
        return self

    @model_validator(mode="after")
    def _generations_add_up(self) -> StudySpec:
        population, epochs = self.search.population_based_training, self.budget.epochs
        if population is None:
            return self
        if epochs % population.interval_epochs or epochs == population.interval_epochs:
            raise ValueError(
                f"search.population_based_training.interval_epochs = {population.interval_epochs} with budget.epochs = "
                f"{epochs}: must go into them twice or more, and without remainder"
            )
        trials = population.size * epochs // population.interval_epochs
        if self.search.trials != trials:
            raise ValueError(
                f"search.trials = {self.search.trials}; must be {trials}, those of all generations: "
                f"population_based_training.size = {population.size} times budget.epochs / interval_epochs = "
                f"{epochs // population.interval_epochs}"
            )
        given = {
            "search.outer": self.search.outer or None,
            "budget.patience": self.budget.patience,
            "budget.arm_training_s": self.budget.arm_training_s,
            "budget.arm_whole_trainings": self.budget.arm_whole_trainings,
            "assessment.leave_one_task_out": self.assessment.leave_one_task_out or None,
        }
        refused = [name for name, value in given.items() if value is not None]
        if refused:
            raise ValueError(
                f"search.population_based_training trains every generation whole, on all examples and for all tasks; "
                f"it does not go with {', '.join(refused)}"
            )
        return self

    @model_validator(mode="after")
    def _screening_leaves_some_out_by_scores_that_there_are(self) -> StudySpec:
        screening = self.search.screening
        if screening is None:
            return self
        if screening.keep >= len(self.backbones):
            raise ValueError(
                f"search.screening.keep = {screening.keep} leaves none of {len(self.backbones)} backbones out; set it "
                "to less than their number, or leave screening out"
            )
        if self.protocols == (Protocol.FROM_SCRATCH,):
            raise ValueError(
                "search.screening scores pretrained weights, and from_scratch, the only protocol, does not use them; "
                f"add {Protocol.FINE_TUNING.value} or {Protocol.LINEAR_PROBE.value}, or leave screening out"
            )
        score = screening.score
        without = [f"{task.name} ({task.kind.value})" for task in self.tasks if not score.is_defined_for(task.kind)]
        if without:
            raise ValueError(
                f"search.screening.score = {score.value} is not defined for {', '.join(without)}; all scores are for "
                "classes (classification, ordinal), and logme is for regression too"
            )
        return self

    @property
    def goes_by_work(self) -> bool:
        """Whether something is decided by how much work a trial is, known before it is trained."""
        return self.budget.arm_whole_trainings is not None

    @property
    def gives_equal_trials(self) -> bool:
        """Whether every arm has `search.trials` trials: no screening leaves one out, no race and no budget in work or
        time ends one."""
        budget, search = self.budget, self.search
        has_none_out = search.racing is None and search.screening is None
        return has_none_out and budget.arm_whole_trainings is None and budget.arm_training_s is None

    @property
    def fixed(self) -> dict[str, Any]:
        """What may not change once the study has begun: all but its name, where it runs, how far and what is shown."""
        free: dict[str, Any] = dict.fromkeys(("name", "resources", "storage", "tensorboard"), True)
        partly = {
            "search": {"trials", "equal_failures"},
            "budget": {"wall_clock_s", "trial_wall_clock_s", "arm_training_s", "arm_whole_trainings"},
            "assessment": _FREE_TO_ASSESS,
        }
        fixed = self.model_dump(mode="json", exclude={**free, **partly})
        # How large it is may change; without it no trial's record says how much work the trial was.
        fixed["budget"]["arm_whole_trainings"] = None if self.budget.arm_whole_trainings is None else "a number"
        if self.search.racing is not None:
            # An arm whose budget grew would be owed trials that a race was decided without.
            fixed["budget"] |= self.budget.model_dump(include={"arm_training_s", "arm_whole_trainings"})
        return fixed

    @property
    def identity(self) -> str:
        """Digest of what makes this study this one; keys that came later count where they are used, so that studies
        begun before keep theirs."""
        fixed = self.fixed
        for part, name, unused in (
            *((fixed["search"], *added) for added in _ADDED_TO_SEARCH),
            (fixed["budget"], "arm_whole_trainings", None),
            *((task, *added) for task in fixed["tasks"] for added in _ADDED_TO_TASKS),
        ):
            if part[name] == unused:
                del part[name]
        return content_digest(fixed)


def _is_in_own_unit(task: TaskSpec) -> bool:
    unit = METRICS[task.metric].unit
    return OF_THE_TARGET in unit or unit == CLASSES


def _refuse_repeats(names: Sequence[str], what: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{what} given twice: {', '.join(repeated)}; each must differ (set `name` to tell them apart)")
