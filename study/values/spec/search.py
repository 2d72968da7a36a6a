"""How configurations are searched."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import Enum

from pydantic import Field, field_validator, model_validator

from study.values.choice import ChoiceRule
from study.values.frozen import Frozen
from study.values.metric_names import Cost
from study.values.protocols import Protocol
from study.values.scoring import SelectionRule
from study.values.spec.limit import Limit
from study.values.spec.population import PopulationSpec
from study.values.target_kind import TargetKind

LOW_COST_STEPS = 4
"""Most trials of an arm between the depth that `low_cost_start` begins at and the one that costs most."""
_GENERATION = 50


class Sampler(str, Enum):
    """Which Optuna sampler proposes configurations."""

    TPE = "tpe"
    RANDOM = "random"
    GRID = "grid"
    QMC = "qmc"
    GP = "gp"
    CMAES = "cmaes"
    NSGA2 = "nsga2"
    AUTO = "auto"


class SchedulerKind(str, Enum):
    """What stops unpromising trials early."""

    ASHA = "asha"
    HYPERBAND = "hyperband"
    MEDIAN = "median"
    NONE = "none"


class SchedulerSpec(Frozen):
    """Early stopping of trials; every arm has a bracket of its own."""

    kind: SchedulerKind = SchedulerKind.ASHA
    """`asha` (Li et al., 2020, Asynchronous Successive Halving), `hyperband` (Li et al., 2018: brackets of it that
    begin to stop later and later), `median` (Golovin et al., 2017: what was never as good as the median), or `none`."""
    grace_epochs: int = Field(default=1, ge=1)
    """No trial is stopped before it has trained that many epochs."""
    reduction_factor: float = Field(default=3, gt=1)
    """At each rung of `asha` and `hyperband` the best 1 / reduction_factor of the arm's trials go on."""


class RacingSpec(Frozen):
    """Who stops arms that are behind, where the winner is wanted and not a table of equal budgets."""

    first_trials: int = Field(default=5, ge=1)
    """Trials of every arm after which it is first decided; then after reduction_factor times as many, and so on."""
    reduction_factor: float = Field(default=2, ge=1.1, allow_inf_nan=False)
    """Each time the best 1 / reduction_factor of the arms on the same tasks go on, rounded up."""

    def rungs(self, trials: int) -> Iterator[int]:
        """Yield the numbers of trials after which is decided.

        Args:
            trials: Of an arm that goes on to the end.
        """
        rung = float(self.first_trials)
        while rung < trials:
            yield math.ceil(rung)
            rung = max(rung * self.reduction_factor, rung + 1)


class ScreeningScore(str, Enum):
    """What tells, before anything is trained, how well a backbone's features fit a task."""

    LOGME = "logme"
    NLEEP = "nleep"
    H_SCORE = "h_score"
    KNN = "knn"

    def is_defined_for(self, kind: TargetKind) -> bool:
        """Whether there is such a score of features for what a task predicts."""
        return kind.has_classes or (self is ScreeningScore.LOGME and kind is TargetKind.REGRESSION)


class ScreeningSpec(Frozen):
    """Which backbones are searched at all, where there are more candidates than trials for them."""

    keep: int = Field(ge=1)
    """Most backbones that are searched for each protocol and task: those with the best scores."""
    score: ScreeningScore = ScreeningScore.LOGME
    """`logme` (You et al., 2021), `nleep` (Li et al., 2021), `h_score` (Bao et al., 2019) or `knn`, as `study rank`."""


class SearchSpec(Frozen):
    """Search settings; the same for every arm, so that all are tuned with the same budget."""

    trials: int = Field(default=20, ge=1)
    """Trials an arm."""
    space: str | dict[Protocol, str] | None = None
    """Search space, as `package.module:function` or `file.py:function`; one for all protocols, or one a protocol.
    Where none is named, the protocol's own in `search_spaces/`."""
    sampler: Sampler = Sampler.TPE
    """`tpe`, `gp` (Gaussian process), `cmaes` (covariance matrix adaptation; numbers only), `nsga2` (genetic), `auto`
    (AutoSampler of OptunaHub), `random`, `qmc` (quasi-random), or `grid` (every combination of a finite space, in
    random order). No configuration is run twice in an arm."""
    startup_trials: int = Field(default=10, ge=0)
    """Trials an arm that `tpe`, `gp` and `cmaes` draw at random before they model anything."""
    population: int | None = Field(default=None, ge=2)
    """Trials of a generation: 50 for `nsga2` where not given, and 4 + 3 ln n for `cmaes` with n numbers."""
    selection: SelectionRule = SelectionRule.LAST_EPOCH
    """What counts of a trial's epochs, on validation: `last_epoch`, `best_epoch` (assessed are its weights), or
    `mean_of_last`."""
    last_epochs: int = Field(default=3, ge=1)
    """Epochs that `mean_of_last` takes the mean of."""
    choice: ChoiceRule = ChoiceRule.BEST
    """Which of an arm's complete trials is chosen by what `selection` makes of their epochs: `best`, or
    `one_standard_error` (of those within one standard error of the best, the one that adapts least)."""
    scheduler: SchedulerSpec = SchedulerSpec()
    """Early stopping."""
    objectives: tuple[Cost, ...] = ()
    """Costs that the search minimises beside the metric, which stays the first objective: it looks for the Pareto
    front. Needs `scheduler.kind = none`, since a trial that is stopped for its metric may be there for its cost."""
    constraints: dict[Cost, Limit] = Field(default_factory=dict)
    """The most that a model may cost to be selected, as `{parameters: {max: 5e6}}`. The sampler is told by how much
    trials exceed it; the scheduler goes by the metric alone."""
    warm_start: tuple[str, ...] = ()
    """Directories of earlier studies, relative to the spec: each arm begins with the best configurations of the arms
    there that are nearest to it, in place of some of its random ones."""
    low_cost_start: bool = False
    """Whether an arm's search begins where trials cost little: `startup_trials` of them at the largest freezing depth,
    whose features are cached, then one at each of at most 4 smaller ones. For `tpe` and `gp`, and arms with a budget in
    work or time (`budget.arm_whole_trainings`, `budget.arm_training_s`)."""
    racing: RacingSpec | None = None
    """Arms on the same tasks race: those behind after as many trials get no more and are not assessed, which saves time
    and is no fair comparison. As `{}`, or `{first_trials: 5, reduction_factor: 2}`; none is stopped where not given."""
    population_based_training: PopulationSpec | None = None
    """Whether the best trials of a generation go on with other hyperparameters, as `{size: 8, interval_epochs: 2}`:
    learning rates, dropout and other numbers that leave the model's shape and its cached features as they are. `trials`
    are then those of all generations; an assessment goes through the same configurations, epoch by epoch."""
    screening: ScreeningSpec | None = None
    """Before any trial the backbones are scored on each task by their features of its training examples, none of their
    stages trained, and only the best are searched and assessed: as `{keep: 3}`, or `{keep: 3, score: logme}`. All are
    where not given."""
    equal_failures: int = Field(default=10, ge=2)
    """Trials that fail in a row for the same reason after which the study stops and says what they have in common."""
    outer: float = Field(default=0.0, ge=0, lt=1)
    """Share of the training examples set aside as an outer split, the same for all arms; none where 0. Every trial that
    runs to its end is scored on it once, and nothing is decided by that: it shows how far validation can be trusted to
    choose. Nothing is trained on it, in assessments neither: what is assessed was then trained as it was searched."""

    @model_validator(mode="after")
    def _a_second_generation_is_reached(self) -> SearchSpec:
        if self.sampler is Sampler.NSGA2 and self.trials <= self.generation:
            raise ValueError(
                f"search.sampler = nsga2 with search.trials = {self.trials} never gets beyond its first generation, "
                f"which is random, of {self.generation}; set search.population to less than the trials (2 or more)"
            )
        return self

    @field_validator("objectives")
    @classmethod
    def _objectives_differ(cls, value: tuple[Cost, ...]) -> tuple[Cost, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"{', '.join(cost.value for cost in value)}: each cost must be given once")
        return value

    @model_validator(mode="after")
    def _nothing_is_stopped_for_one_of_several_objectives(self) -> SearchSpec:
        if self.objectives and self.scheduler.kind is not SchedulerKind.NONE:
            costs = ", ".join(cost.value for cost in self.objectives)
            raise ValueError(
                f"objectives = {costs} needs scheduler.kind = none, not {self.scheduler.kind.value}, which would stop "
                "trials by their metric alone: some of them are on the Pareto front for what they cost"
            )
        return self

    @model_validator(mode="after")
    def _a_race_is_decided_before_its_end(self) -> SearchSpec:
        if self.racing is not None and self.racing.first_trials >= self.trials:
            raise ValueError(
                f"racing.first_trials = {self.racing.first_trials} with trials = {self.trials} never stops an arm; set "
                "it to less than the trials"
            )
        if self.racing is not None and self.objectives:
            raise ValueError(
                "racing goes by the metric alone and would stop arms that are on the Pareto front for what they cost; "
                "leave racing or objectives out"
            )
        return self

    @model_validator(mode="after")
    def _a_model_goes_on_from_a_cheap_start(self) -> SearchSpec:
        if self.low_cost_start and self.sampler not in (Sampler.TPE, Sampler.GP):
            raise ValueError(
                f"low_cost_start needs sampler tpe or gp, which learn from its trials, not {self.sampler.value}"
            )
        if self.low_cost_start and self.trials <= self.num_at_low_cost:
            raise ValueError(
                f"low_cost_start with trials = {self.trials} leaves nothing to search once it has begun: it takes "
                f"startup_trials = {self.startup_trials} and {LOW_COST_STEPS} more; set fewer startup_trials"
            )
        if self.low_cost_start and self.racing is not None and self.racing.first_trials < self.num_at_low_cost:
            raise ValueError(
                f"racing.first_trials = {self.racing.first_trials} would stop arms for their trials at low cost, which "
                f"low_cost_start begins with; set it to {self.num_at_low_cost} or more (startup_trials and "
                f"{LOW_COST_STEPS})"
            )
        return self

    @model_validator(mode="after")
    def _a_grid_has_no_first_trials(self) -> SearchSpec:
        if self.warm_start and self.sampler is Sampler.GRID:
            raise ValueError("warm_start needs another sampler than grid, which tries every configuration anyway")
        return self

    @model_validator(mode="after")
    def _cma_es_goes_by_the_metric_alone(self) -> SearchSpec:
        given = [name for name in ("objectives", "constraints") if getattr(self, name)]
        if self.sampler is Sampler.CMAES and given:
            raise ValueError(f"sampler cmaes goes by the metric alone; {given[0]} needs another, such as tpe or nsga2")
        return self

    @model_validator(mode="after")
    def _a_population_is_in_step(self) -> SearchSpec:
        if self.population_based_training is None:
            return self
        allowed = (Sampler.TPE, Sampler.RANDOM, Sampler.QMC, Sampler.GP)
        others = {
            f"scheduler.kind = {self.scheduler.kind.value} (needs none)": self.scheduler.kind is not SchedulerKind.NONE,
            f"sampler = {self.sampler.value} (needs {', '.join(one.value for one in allowed)})": self.sampler
            not in allowed,
            f"selection = {self.selection.value}": self.selection is SelectionRule.BEST_EPOCH,
            "objectives": bool(self.objectives),
            "constraints": bool(self.constraints),
            "racing": self.racing is not None,
            "warm_start": bool(self.warm_start),
            "low_cost_start": self.low_cost_start,
        }
        refused = [name for name, is_given in others.items() if is_given]
        if refused:
            raise ValueError(
                f"population_based_training trains whole generations in step and compares them by the metric after "
                f"their last epochs; it does not go with {', '.join(refused)}"
            )
        return self

    @property
    def num_at_low_cost(self) -> int:
        """Trials of an arm, at most, whose freezing depth `low_cost_start` sets."""
        return self.startup_trials + LOW_COST_STEPS

    @property
    def generation(self) -> int:
        """Trials of a generation of `nsga2`: 50 in Optuna."""
        return self.population or _GENERATION

    @property
    def measured(self) -> tuple[Cost, ...]:
        """Costs that the search asks for, objectives first."""
        return tuple(dict.fromkeys((*self.objectives, *self.constraints)))

    @property
    def limits(self) -> dict[Cost, float]:
        """The most that each cost may be that has a limit."""
        return {cost: limit.max for cost, limit in self.constraints.items()}

    def space_for(self, protocol: Protocol) -> str:
        """Return the reference of the space that `protocol` searches."""
        if isinstance(self.space, str):
            return self.space
        return (self.space or {}).get(protocol, protocol.default_space)
