"""Early stopping with a bracket an arm: losses of two arms are never ranked against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, TrialScheduler

from study.adapters.tune.actor_cache import keep_actors
from study.adapters.tune.dropping import drop_members
from study.adapters.tune.hyperband import Hyperband, bracket_graces, bracket_turns
from study.adapters.tune.keys import ARM, EPOCH, MEMBERS, OBJECTIVE, TRIAL
from study.adapters.tune.median_rule import MedianRule
from study.adapters.tune.unforeseen_deaths import foresee_deaths
from study.values.arm import Arm
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import SchedulerKind, SearchSpec
from study.values.states import TrialState

STOPPED_EARLY = "stopped early by the scheduler"
"""Why a trial ended that its arm's scheduler stopped."""


class ArmBrackets:
    """One Tune scheduler an arm, each seeing its own arm's trials only."""

    def __init__(
        self,
        search: SearchSpec,
        arms: Iterable[Arm],
        *,
        epochs: int,
        known_epochs: Callable[[str], Sequence[EpochRecord]],
        decided: Mapping[str, int] = MappingProxyType({}),
        arm_number: Callable[[str], int] = lambda key: 0,
    ) -> None:
        """Open the brackets.

        Args:
            search: Says which scheduler.
            arms: What gets a bracket each.
            epochs: Epochs of a whole trial.
            known_epochs: The epochs that a trial, named by its folder, has behind it when it goes on after an
                interruption.
            decided: Epochs after which a trial, named by its folder, ends whatever its rivals do: it is trained once
                more.
            arm_number: The number of a trial, named by its folder, in its arm; it alone says which bracket of Hyperband
                the trial is in.
        """
        self._decided = decided
        self._brackets = {arm.id: _scheduler(search, arm, epochs) for arm in arms}
        self._known_epochs = known_epochs
        self._arm_number = arm_number
        self._entered: set[str] = set()
        self.stopped: set[str] = set()
        """Folders of the trials that were stopped early."""

    def replay(self, records: Iterable[TrialRecord]) -> None:
        """Let the brackets see the epochs of earlier trials, so that a resumed study stops as it would have."""
        for record in records:
            if record.state.is_final:
                bracket = self._brackets[record.plan.arm.id]
                trial = SimpleNamespace(trial_id=f"earlier-{record.plan.number}", arm_number=record.plan.arm_number)
                bracket.on_trial_add(None, trial)
                _feed(bracket, trial, record.epochs)
                if record.state is not TrialState.FAILED:
                    bracket.on_trial_complete(None, trial, {})

    def goes_on(self, arm_id: str, key: str) -> bool:
        """Let an arm know a trial that is about to be handed out, and say whether it is to be trained any further.

        One whose process died after its last epoch was on record and before its end was, would train on past the epoch
        that it was stopped after. Rivals may have come since: of the epochs before it nothing is decided again. What
        was decided after its last one is not on record: where trials ran side by side, one that was let go on may be
        stopped there for what rivals have reached since.

        Args:
            arm_id: The arm's.
            key: The trial's folder.
        """
        if key not in self._entered:
            self._entered.add(key)
            bracket, epochs = self._brackets[arm_id], self._known_epochs(key)
            trial = SimpleNamespace(trial_id=key, arm_number=self._arm_number(key))
            bracket.on_trial_add(None, trial)
            verdict = _feed(bracket, trial, epochs)
            if epochs and self._stops(key, epochs[-1].epoch, verdict):
                self.stopped.add(key)
                bracket.on_trial_complete(None, trial, {})
        return key not in self.stopped

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Take hold of what runs the trial."""
        keep_actors(tune_controller)
        foresee_deaths(tune_controller)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Let the arm decide of each member whether it goes on; those of a pack that do not are dropped from it."""
        for outcome in result[MEMBERS]:
            if OBJECTIVE in outcome and outcome[TRIAL] not in self.stopped:
                member = SimpleNamespace(trial_id=outcome[TRIAL])
                verdict = self._of(trial).on_trial_result(tune_controller, member, outcome)
                if self._stops(outcome[TRIAL], outcome[EPOCH], verdict):
                    self.stopped.add(outcome[TRIAL])
                    self._of(trial).on_trial_complete(tune_controller, member, {})
        names = [member.trial_id for member in _members(trial)]
        reported = {outcome[TRIAL] for outcome in result[MEMBERS]}
        going_on = {outcome[TRIAL] for outcome in result[MEMBERS] if OBJECTIVE in outcome} - self.stopped
        if not going_on:
            return str(TrialScheduler.STOP)
        stopped_here = [names.index(name) for name in reported & self.stopped]
        if stopped_here:
            drop_members(tune_controller, trial, stopped_here)
        return str(TrialScheduler.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Pass the members' last results on to their arm."""
        for outcome in result.get(MEMBERS, ()):
            if OBJECTIVE in outcome and outcome[TRIAL] not in self.stopped:
                self._of(trial).on_trial_complete(tune_controller, SimpleNamespace(trial_id=outcome[TRIAL]), outcome)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """Pass on to the trial's arm."""
        for member in _members(trial):
            self._of(trial).on_trial_remove(tune_controller, member)

    def _stops(self, key: str, epoch: int, verdict: str) -> bool:
        if key in self._decided:
            return epoch >= self._decided[key]
        return verdict == str(TrialScheduler.STOP)

    def _of(self, trial: Any) -> TrialScheduler:
        return self._brackets[trial.config[ARM]]


def _members(trial: Any) -> list[Any]:
    """Return what stands for each member of a Tune trial where a scheduler wants a trial."""
    return [SimpleNamespace(trial_id=name) for name in trial.config[MEMBERS]]


def _feed(bracket: TrialScheduler, trial: Any, epochs: Sequence[EpochRecord]) -> str:
    """Let a bracket see epochs; return what it says after the last."""
    verdict = str(TrialScheduler.CONTINUE)
    for epoch in epochs:
        verdict = str(bracket.on_trial_result(None, trial, {EPOCH: epoch.epoch, OBJECTIVE: epoch.objective}))
    return verdict


def _scheduler(search: SearchSpec, arm: Arm, epochs: int) -> TrialScheduler:
    settings = search.scheduler
    if settings.kind is SchedulerKind.NONE or settings.grace_epochs >= epochs:
        return FIFOScheduler()
    if settings.kind is SchedulerKind.MEDIAN:
        return MedianRule(maximize=arm.maximize, epochs=epochs, grace_epochs=settings.grace_epochs)

    def halving(grace: float) -> TrialScheduler:
        return AsyncHyperBandScheduler(
            time_attr=EPOCH,
            metric=OBJECTIVE,
            mode="max" if arm.maximize else "min",
            max_t=epochs,
            grace_period=grace,
            reduction_factor=settings.reduction_factor,
        )

    if settings.kind is SchedulerKind.ASHA:
        return halving(settings.grace_epochs)
    graces = bracket_graces(epochs, settings.grace_epochs, settings.reduction_factor)
    return Hyperband(graces, bracket_turns(len(graces), settings.reduction_factor), halving)
