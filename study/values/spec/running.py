"""What a study may spend, on what it runs and where it writes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from study.values.frozen import Frozen
from study.values.precision import Precision


class BudgetSpec(Frozen):
    """What a study may spend."""

    epochs: int = Field(default=10, ge=1)
    """Epochs of a whole trial."""
    patience: int | None = Field(default=None, ge=1)
    """Epochs without a better objective after which a trial is over before that: it has converged, and counts as
    complete. Every trial trains to the last epoch where not given."""
    min_improvement: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """By how much an objective has to be better than the best before it to count, for `patience`."""
    precision: Precision = Precision.FLOAT32
    """`float32`, or `bfloat16` for the stages that are trained (mixed precision): about as good, and faster on GPUs and
    CPUs that have units for it. Frozen stages, and heads on them, compute in float32 in any case."""
    wall_clock_s: float | None = Field(default=None, gt=0)
    """Seconds after which no more is searched; what is running then can be resumed. They begin with the first trial:
    scoring backbones (`search.screening`) does not count."""
    arm_training_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds that the trials of each arm may train, one after the other, before no more of them begin, however many
    `search.trials` allows: arms are then compared at equal time in place of equal trials. What is running then runs to
    its end. The seconds are measured, so another run ends with other trials."""
    arm_whole_trainings: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """The same in work in place of time, by the operations of the stages that a trial trains: as much as so many trials
    that train the whole backbone for all epochs. Known beforehand, so that each run has the same trials; a trial of
    heads alone on cached features counts for 0.01. May be changed when a study goes on, but not begun with then."""
    trial_wall_clock_s: float | None = Field(default=None, gt=0)
    """Seconds that a trial may take, reading its data included: one that takes longer, or hangs, has failed. Trials of
    a pack that takes longer are tried again one by one. No limit where not given."""


class ResourcesSpec(Frozen):
    """What one trial is given, and how many run at once."""

    gpus_per_trial: float = Field(default=0, ge=0, allow_inf_nan=False)
    """GPUs a trial: a fraction shares one GPU between trials; 2, 3, ... are trained on together, in data parallel."""
    workers_per_trial: int = Field(default=1, ge=1)
    """Processes that train one trial together, each on its part of every batch; all on one node. One a GPU, or one
    in all on CPU, where not given."""
    cpus_per_trial: float = Field(default=1, gt=0, allow_inf_nan=False)
    """CPUs a trial, over all its workers; their threads are set to them. One a worker where not given."""
    max_concurrent_trials: int | None = Field(default=None, ge=1)
    """Trials at once; an autoscaling cluster is asked to grow to hold them. As many as fit it where not given."""
    trials_per_pack: int | None = Field(default=None, ge=1)
    """Most trials that train only heads on the same frozen features side by side in one process; 1 turns that off.
    Up to 32 where not given, as the sampler allows. Each gives what it would give alone."""
    max_failures: int = Field(default=3, ge=0)
    """Times that a trial whose worker or node died is tried again, from its last checkpoint."""
    cache_dir: str | None = None
    """Folder on every node for decoded images and features of frozen stages; a temporary one where not given."""
    cache_gib: float = Field(default=20, ge=0)
    """Most that the cache folder of a node may hold, in GiB; what was used least recently is removed for what is new.
    What does not fit is computed again every epoch."""
    feature_cache_gib: float = Field(default=4, ge=0)
    """Largest entry of the feature cache, in GiB; 0 turns that cache off. An entry counts towards `cache_gib`."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_a_worker_a_gpu_and_a_cpu_a_worker(cls, given: Any) -> Any:
        """Derive what is not given from what is; what is given wrong is for its own field to say."""
        if not isinstance(given, Mapping):
            return given
        workers = given.get("workers_per_trial", _whole(given.get("gpus_per_trial")))
        return {"workers_per_trial": workers, "cpus_per_trial": _whole(workers), **given}

    @field_validator("gpus_per_trial")
    @classmethod
    def _gpus_are_a_share_or_whole(cls, value: float) -> float:
        if value > 1 and value != int(value):
            raise ValueError(f"{value:g}: must be a share of one GPU, at most 1, or a whole number of GPUs")
        return value

    @field_validator("workers_per_trial")
    @classmethod
    def _each_worker_has_a_gpu(cls, value: int, info: ValidationInfo) -> int:
        gpus = info.data.get("gpus_per_trial", 0)
        if gpus > 0 and value != max(1, gpus):
            raise ValueError(
                f"{value} workers on gpus_per_trial = {gpus:g}: each worker trains on one GPU of its own, so must be "
                f"{max(1, int(gpus))}, which it is where not given"
            )
        return value

    @field_validator("cpus_per_trial")
    @classmethod
    def _each_worker_has_a_cpu(cls, value: float, info: ValidationInfo) -> float:
        workers = info.data.get("workers_per_trial", 1)
        if workers > 1 and value < workers:
            raise ValueError(f"{value:g} CPUs for {workers} workers: must be at least {workers}, one a worker")
        return value

    @property
    def threads_per_worker(self) -> int:
        """CPU threads of each worker: its share of the trial's CPUs, at least 1."""
        return max(1, int(self.cpus_per_trial / self.workers_per_trial))


def _whole(value: Any) -> int:
    """Return a whole number above 1 as it is, and 1 in place of everything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 1
    return int(number) if number.is_integer() and number > 1 else 1


class Varied(str, Enum):
    """What differs between the seeds of an assessment."""

    INITIALISATION = "initialisation"
    """Of the heads, and of a backbone with random weights."""
    ORDER = "order"
    """Of the training examples, with dropout and augmentation."""
    SPLIT = "split"
    """Of training and validation examples; test stays what it is, so that arms are compared on the same examples."""


class AssessmentSpec(Frozen):
    """How the selected configuration of each arm is scored."""

    seeds: int = Field(default=3, ge=1)
    """Times it is retrained with fresh seeds; each is scored on test once. An interval needs at least 2."""
    vary: tuple[Varied, ...] = Field(default=(Varied.INITIALISATION, Varied.ORDER), min_length=1)
    """What differs between the seeds: `initialisation`, `order`, `split`."""
    few_shot: tuple[int, ...] = ()
    """Examples of each class that the selected configuration is trained on as well, such as [1, 2, 5, 10, 50],
    ascending, with every seed; all of them, which is what is assessed anyway, is the last point of the curve."""
    robustness: bool = False
    """Whether each assessed model is scored on corrupted test images too: 8 kinds at 5 severities."""
    leave_one_task_out: bool = False
    """Whether each backbone is trained on all tasks but one, shared, and then fine-tuned for that one, in comparison
    with fine-tuning the original: two more trainings a backbone, task and seed."""
    affinity: bool = False
    """Whether is measured, in a shared arm's assessments, how far a step for one task helps each other one."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Coverage of the reported interval."""

    @field_validator("few_shot")
    @classmethod
    def _shots_ascend(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(number < 1 for number in value) or list(value) != sorted(set(value)):
            raise ValueError(f"{list(value)}: must be whole numbers from 1 on, ascending, each once, as [1, 2, 5, 10]")
        return value


class StorageSpec(Frozen):
    """Where Optuna keeps its trials."""

    url: str | None = None
    """A database URL (postgresql://..., mysql://...); an SQLite file in the study directory where not given."""
