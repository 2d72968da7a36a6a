"""How far a phase of a study has come, counted from what a watcher hears; draws nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from study.adapters.progress.time_left import TimeLeft
from study.values.arm import Arm
from study.values.records import TrialRecord
from study.values.states import TrialState


@dataclass(kw_only=True)
class ArmProgress:
    """How far an arm has come."""

    arm: Arm
    ended: Counter[TrialState] = field(default_factory=Counter)
    """Trials by how they ended."""
    running: set[str] = field(default_factory=set)
    """Folders of the trials that run now."""
    best: float | None = None
    """Objective of the best complete trial; one that was stopped early is not comparable. Of a population the best of
    the generation that has come furthest so far."""
    best_after: int = 0
    """Epochs after which trials of that generation end; 0 where no trial goes on from another."""
    last_failure: str | None = None
    """Why the last failed trial failed."""

    @property
    def metric(self) -> str:
        """Name of what the objective is, or is the mean of."""
        return "+".join(dict.fromkeys(task.metric for task in self.arm.tasks))

    def end(self, record: TrialRecord) -> None:
        """Count a trial that ended."""
        self.running.discard(record.plan.folder)
        self.ended[record.state] += 1
        if record.state is TrialState.FAILED:
            self.last_failure = record.reason
        objective = record.objective
        # What departs from the arm's configuration, or leaves out a task, is no candidate.
        if record.state is TrialState.COMPLETE and objective is not None and record.plan.variant is None:
            self._take_in(objective, after=record.plan.generation_epochs)

    def _take_in(self, objective: float, *, after: int) -> None:
        if self.best is None or after > self.best_after:
            self.best, self.best_after = objective, after
        elif after == self.best_after:
            self.best = max(self.best, objective) if self.arm.maximize else min(self.best, objective)


class Progress:
    """How far a phase has come. All times are seconds of one monotonic clock."""

    def __init__(
        self,
        arms: Sequence[Arm],
        total_trials: int,
        *,
        phase: str,
        earlier: Sequence[TrialRecord],
        count_anew: Callable[[], int] | None = None,
    ) -> None:
        """Start from what ended before.

        Args:
            arms: What is compared.
            total_trials: Trials of the whole phase, earlier ones included.
            phase: What is going on, such as `search`.
            earlier: Records of the phase's trials from before now; those still running are counted once they go on.
            count_anew: Returns the trials of the whole phase as they are known later; they stay where not given.
        """
        self.phase = phase
        self.total = total_trials
        self._count_anew = count_anew
        self.arms = {arm.id: ArmProgress(arm=arm) for arm in arms}
        self._time_left = TimeLeft()
        for record in earlier:
            if record.state.is_final:
                self._arm(record).end(record)

    @property
    def ended(self) -> int:
        """Trials that ended."""
        return sum(arm.ended.total() for arm in self.arms.values())

    @property
    def running(self) -> int:
        """Trials that run now."""
        return sum(len(arm.running) for arm in self.arms.values())

    def count(self, state: TrialState) -> int:
        """Return how many trials ended in `state`."""
        return sum(arm.ended[state] for arm in self.arms.values())

    def start(self, record: TrialRecord, now: float) -> None:
        """Hear of a trial that begins or goes on."""
        self._arm(record).running.add(record.plan.folder)
        self._time_left.start(record.plan.folder, now)
        self.recount()

    def end(self, record: TrialRecord, now: float) -> None:
        """Hear of a trial that ended."""
        self._arm(record).end(record)
        self._time_left.end(record.plan.folder, now)
        self.recount()

    def recount(self) -> None:
        """Count the trials of the whole phase anew: a race that is decided, or a budget that is spent, takes some."""
        if self._count_anew is not None:
            self.total = self._count_anew()

    def time_left_s(self, now: float) -> float | None:
        """Return an estimate of the seconds left, or None while there is nothing to go by."""
        return self._time_left.estimate_s(self.total - self.ended, now)

    def _arm(self, record: TrialRecord) -> ArmProgress:
        return self.arms[record.plan.arm.id]
