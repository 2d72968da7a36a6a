"""What is written down of a trial: an epoch's metrics, and the trial as a whole."""

from __future__ import annotations

import math
from statistics import fmean

from pydantic import Field, field_validator

from study.values.frozen import Frozen
from study.values.metric_names import OBJECTIVE, Cost, Split, tag
from study.values.plan import TrialPlan
from study.values.scoring import chosen_epoch, score
from study.values.states import TrialState, next_state


class FeatureUse(Frozen):
    """How the trial came by the outputs of its frozen stages, one entry of the feature cache a set of inputs."""

    hits: int = 0
    """Entries that another trial had computed."""
    misses: int = 0
    """Entries that this trial computed."""
    hit_bytes: int = 0
    """Size of the entries that were there."""
    miss_bytes: int = 0
    """Size of the entries that were computed."""


class EpochRecord(Frozen):
    """What an epoch gave."""

    epoch: int = Field(ge=1)
    """Counted from 1."""
    metrics: dict[str, float]
    """Value by tag `split/task/metric`."""
    duration_s: float
    """Seconds the epoch took, evaluation included."""
    num_samples: int = 0
    """Training examples gone through, an example of several tasks counted once."""
    num_train: dict[str, int] = Field(default_factory=dict)
    """Labelled training examples of each task; the same at every epoch. Empty in records of earlier versions."""
    features: FeatureUse = FeatureUse()
    """Of the trial's set-up, the same at every epoch of a process; all zero where no feature is cached."""
    notes: dict[str, str] = Field(default_factory=dict)
    """What a reader should know, such as whether features came from the cache."""
    outer: dict[str, float] = Field(default_factory=dict)
    """Of a search trial's last epoch, what the weights that count score on the examples set aside, by tag
    `outer/task/metric`; empty before that, and where none are. Apart from `metrics`, so that nobody decides by it."""

    costs: dict[str, float] = Field(default_factory=dict)
    """What the model costs, by the name of a `Cost` or of a spread, but for training seconds; the same at every epoch
    of a process, except for memory. Empty in records of earlier versions."""

    @property
    def objective(self) -> float:
        """The arm's objective: the mean over its tasks of each one's own metric on validation."""
        return self.metrics[OBJECTIVE]


class TrialRecord(Frozen):
    """A trial, as far as it has come."""

    plan: TrialPlan
    state: TrialState = TrialState.RUNNING
    epochs: tuple[EpochRecord, ...] = ()
    """In order, from epoch 1; of a trial that goes on from another, from the epoch after that one's last."""
    test: dict[str, float] = Field(default_factory=dict)
    """Test metrics by tag; an assessment's only."""
    reason: str | None = None
    """Why it failed or was stopped."""
    traceback: str | None = None
    """Where in the code it failed, unless it was the person's input that was bad."""
    started_at: float
    """Unix time in seconds."""
    ended_at: float | None = None
    checkpoint: str | None = None
    """Folder of its last checkpoint, relative to the study directory."""

    @field_validator("checkpoint")
    @classmethod
    def _checkpoint_is_within(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith(("/", "~")) or ".." in value.split("/") or "\0" in value):
            raise ValueError(f"{value!r} is no folder within the study directory")
        return value

    @property
    def objectives(self) -> list[float]:
        """Objective after each epoch."""
        return [epoch.objective for epoch in self.epochs]

    @property
    def last_epoch(self) -> int:
        """The last epoch that it has behind it, those that it took over from another trial included; 0 before any."""
        return self.plan.epochs_before + len(self.epochs)

    @property
    def is_whole(self) -> bool:
        """Whether it has trained for all its epochs, or until it had converged."""
        return self.last_epoch == self.plan.epochs or self.plan.has_converged(self.objectives)

    @property
    def objective(self) -> float | None:
        """What it is compared by: its epochs' objectives under the study's selection rule; None before the first."""
        plan = self.plan
        if not self.epochs:
            return None
        return score(self.objectives, plan.selection, maximize=plan.arm.maximize, num_last=plan.last_epochs)

    @property
    def outer(self) -> dict[str, float]:
        """What it scored, once it was over, on the examples set aside, by tag; empty where it did not."""
        return self.epochs[-1].outer if self.epochs else {}

    @property
    def held_out(self) -> dict[str, float]:
        """What it scored, by tag, on examples that took no part in training or choosing: test, and those set aside."""
        return {**self.test, **self.outer}

    @property
    def outer_objective(self) -> float | None:
        """The mean over its arm's tasks of each one's own metric on the examples set aside; None without a score."""
        tags = [tag(Split.OUTER, task.name, task.metric) for task in self.plan.arm.tasks]
        return fmean(self.outer[name] for name in tags) if self.outer else None

    @property
    def costs(self) -> dict[str, float]:
        """What its model costs, by the name of a `Cost` or of a spread; empty before its first epoch."""
        if not self.epochs:
            return {}
        costs = {**self.epochs[-1].costs, Cost.TRAINING_S.value: sum(epoch.duration_s for epoch in self.epochs)}
        # Each process that trained it measured its own peak.
        peak = Cost.PEAK_MEMORY_MIB.value
        if peak in costs:
            costs[peak] = max(epoch.costs.get(peak, 0.0) for epoch in self.epochs)
        return costs

    @property
    def is_feasible(self) -> bool:
        """Whether it keeps to the limits of its plan; one whose cost is not known does not."""
        costs = self.costs if self.plan.limits else {}
        return all(costs.get(name.value, math.inf) <= limit for name, limit in self.plan.limits.items())

    @property
    def chosen_epoch(self) -> EpochRecord:
        """The epoch whose weights count, of at least one: the last, or the best where the rule says so."""
        return self.epochs[chosen_epoch(self.objectives, self.plan.selection, maximize=self.plan.arm.maximize)]

    def lean(self) -> TrialRecord:
        """Return the record with no more of the epochs than what it is compared by, and the chosen one whole."""
        kept = self.chosen_epoch if self.epochs else None
        epochs = [
            epoch if epoch is kept else epoch.model_copy(update={"metrics": {OBJECTIVE: epoch.objective}})
            for epoch in self.epochs
        ]
        return self.model_copy(update={"epochs": tuple(epochs)})

    def ended(
        self, state: TrialState, *, at: float, reason: str | None = None, traceback: str | None = None
    ) -> TrialRecord:
        """Return the record of the same trial, ended in `state`."""
        changes = {"ended_at": at, "reason": reason, "traceback": traceback}
        return self.model_copy(update={"state": next_state(self.state, state), **changes})
