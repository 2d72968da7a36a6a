"""A trial's plan: all that a process needs to know to train it, and nothing that a process holds."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from pydantic import Field

from study.values.arm import Arm
from study.values.choice import ChoiceRule
from study.values.class_counts import ClassCounts
from study.values.frozen import Frozen
from study.values.hyperparameters import Hyperparameters
from study.values.lineage import Segment
from study.values.metric_names import Cost
from study.values.plateau import has_plateaued
from study.values.precision import Precision
from study.values.scoring import SelectionRule
from study.values.variant import LeftOut, Transferred, Variant


class Purpose(str, Enum):
    """Why a configuration is trained."""

    SEARCH = "search"
    """To be compared on validation; never sees test."""
    ASSESSMENT = "assessment"
    """To be scored on test, once."""


class TrialPlan(Frozen):
    """One configuration of one arm, to be trained once."""

    purpose: Purpose
    number: int
    """Search: the trial's number in the study, counted from 0 over all arms in the order they were asked for.
    Assessment: the number of the trial whose configuration is retrained."""
    arm: Arm
    arm_number: int
    """Number of the trial among its arm's (Optuna's own)."""
    repeat: int = 0
    """Which assessment seed, counted from 0."""
    variant: Variant | None = None
    """How an assessment departs from the selected configuration; None for those that the leaderboard is made of."""
    hyperparameters: Hyperparameters
    seed: int
    """Root of the trial's random choices: initialisation and, where `order_seed` is None, all others."""
    order_seed: int | None = None
    """Root of the data order, dropout and augmentation; `seed` where None."""
    split_seed: int
    """Root of the data split, one for the whole study."""
    validation_seed: int | None = None
    """Root of the validation split, where an assessment draws it anew; `split_seed` where None."""
    outer: float = 0.0
    """Share of the training examples that is set aside. A search trial is scored on them once, when it is over; an
    assessment leaves them aside too, so that it trains on as many examples as the trial that was selected."""
    epochs: int
    """The last epoch that is trained, counted from 1; those of the lineage are counted too."""
    lineage: tuple[Segment, ...] = ()
    """Of a trial that goes on from another: what was trained before `hyperparameters` take over, in order. A training
    that has none of these epochs behind it begins with them, each with the configuration that it had."""
    course_epochs: int | None = None
    """Epochs over which the learning rates take their course, where others are to go on from the trial; `epochs` where
    None."""
    population_size: int | None = None
    """Trials of the generation that it is one of; None where no trial goes on from another, and in plans of earlier
    versions."""
    patience: int | None = None
    """Epochs without a better objective after which the trial is over before that."""
    partial_epochs: int = 0
    """Epochs, from the first on, in which not all unfrozen stages are trained; patience begins behind them."""
    min_improvement: float = 0.0
    """By how much an objective has to be better than the best before it."""
    selection: SelectionRule = SelectionRule.LAST_EPOCH
    """What counts of the trial's epochs."""
    last_epochs: int = 3
    """Epochs that `mean_of_last` takes the mean of."""
    choice: ChoiceRule = ChoiceRule.BEST
    """Which of its arm's complete trials is chosen."""
    measured: tuple[Cost, ...] = ()
    """Costs that are measured for the search; those that cost nothing to measure are so in any case."""
    limits: dict[Cost, float] = Field(default_factory=dict)
    """The most that its model may cost to be chosen."""
    validation_counts: dict[str, ClassCounts] = Field(default_factory=dict)
    """Of each task's validation examples, by the task's name: how exactly a score on them is known."""
    cached_views: int | None = None
    """Where training images are augmented: views of each whose features are cached; drawn anew every time if None."""
    precision: Precision = Precision.FLOAT32
    """What trained stages compute in."""
    robustness: bool = False
    """Whether an assessment is scored on corrupted test images too."""
    affinity: bool = False
    """Whether is measured, while it trains, how far a step for one of its tasks helps the others."""
    work: float | None = None
    """How much of a training of the whole backbone a search trial is, where the arms' budget goes by it."""
    num_threads: int
    """CPU threads each worker computes with; part of the plan because sums depend on it in their last bits."""
    micro_batches: int = 1
    """Parts in which each batch is computed, their gradients added up: more than 1 once memory did not hold it whole.
    On top of `accumulation_steps`."""
    trains_heads_only: bool = False
    """Whether all stages of a pretrained backbone are frozen; such trials can train together, as a pack."""
    num_workers: int = 1
    """Processes that train the trial together; each draws dropout of its own."""
    num_gpus: float = 0
    """GPUs, or the share of one, that the trial was given, over all its workers."""
    root: str
    """Folder of the spec: relative paths and the person's own modules are looked for there."""
    cache_dir: str
    """Folder on the node for decoded images and features of frozen stages."""
    cache_gib: float = 20
    """Most that the cache folder of the node may hold, in GiB."""
    feature_cache_gib: float
    """Largest entry of the feature cache, in GiB; 0 turns that cache off."""
    checkpoint: str | None = None
    """Checkpoint folder to go on from, after an interruption."""
    backbone_checkpoint: str | None = None
    """Checkpoint folder whose backbone it starts from, if not from the arm's own weights."""

    @property
    def trained_arm(self) -> Arm:
        """The arm with the tasks that are trained: all of them, unless one is left out."""
        return self.arm.without(self.variant.task) if isinstance(self.variant, LeftOut) else self.arm

    @property
    def epochs_before(self) -> int:
        """Epochs that a search trial does not train itself but takes over from the one that it goes on from.

        An assessment trains all of them anew.
        """
        return self.lineage[-1].until_epoch if self.lineage and self.purpose is Purpose.SEARCH else 0

    @property
    def parent(self) -> str | None:
        """Folder of the search trial that it goes on from, relative to the study directory; None if from none."""
        return f"trials/{self.arm.id}/{self.lineage[-1].trial:05d}" if self.epochs_before else None

    @property
    def generation_epochs(self) -> int:
        """Epochs that the trials of its generation have behind them in the end, by which generations are told apart; 0
        where no trial goes on from another."""
        return 0 if self.course_epochs is None else self.epochs

    @property
    def has_heirs(self) -> bool:
        """Whether other trials are to go on from where it ends."""
        is_last = self.course_epochs is None or self.epochs >= self.course_epochs
        return self.purpose is Purpose.SEARCH and not is_last

    def hyperparameters_of(self, epoch: int) -> Hyperparameters:
        """Return what an epoch, counted from 1, is trained with."""
        earlier = (segment.hyperparameters for segment in self.lineage if epoch <= segment.until_epoch)
        return next(earlier, self.hyperparameters)

    @property
    def origin(self) -> str | None:
        """Folder of the assessment that has to be complete before this one begins; None if it waits for none."""
        return self.variant.origin if isinstance(self.variant, Transferred) else None

    def has_converged(self, objectives: Sequence[float]) -> bool:
        """Whether a trial with these objectives, epoch by epoch, gets no better and is over for that."""
        counted = objectives[self.partial_epochs :]
        return has_plateaued(
            counted, patience=self.patience, min_improvement=self.min_improvement, maximize=self.arm.maximize
        )

    @property
    def has_outer(self) -> bool:
        """Whether it is scored, once it is over, on examples set aside: a search trial of a study that does so."""
        return self.purpose is Purpose.SEARCH and self.outer > 0

    @property
    def opens_test(self) -> bool:
        """Whether what is trained is scored on test at its end."""
        return self.purpose is Purpose.ASSESSMENT and not isinstance(self.variant, LeftOut)

    @property
    def id(self) -> str:
        """`00012`, or `00012-seed1` (`00012-seed1-5-shot`) for an assessment; unique within purpose and arm."""
        seed = f"-seed{self.repeat}" if self.purpose is Purpose.ASSESSMENT else ""
        variant = f"-{self.variant.label}" if self.variant is not None else ""
        return f"{self.number:05d}{seed}{variant}"

    @property
    def folder(self) -> str:
        """Folder of its record and events, relative to the study directory."""
        kind = "trials" if self.purpose is Purpose.SEARCH else "assessments"
        return f"{kind}/{self.arm.id}/{self.id}"
