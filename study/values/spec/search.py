"""How configurations are searched."""

from __future__ import annotations

from enum import Enum

from pydantic import Field, model_validator

from study.values.choice import ChoiceRule
from study.values.frozen import Frozen
from study.values.protocols import Protocol
from study.values.scoring import SelectionRule

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

    @property
    def generation(self) -> int:
        """Trials of a generation of `nsga2`: 50 in Optuna."""
        return self.population or _GENERATION

    def space_for(self, protocol: Protocol) -> str:
        """Return the reference of the space that `protocol` searches."""
        if isinstance(self.space, str):
            return self.space
        return (self.space or {}).get(protocol, protocol.default_space)
