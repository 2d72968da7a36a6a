"""What an arm's search has spent of its budget."""

from __future__ import annotations

from collections.abc import Iterable

from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.spec.running import BudgetSpec


class Spending:
    """Work and time of an arm's trials, added up as they are handed out, train and end."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seconds: dict[tuple[int, int], float] = {}
        """Of each epoch, by the trial's number and the epoch's."""
        self._work: dict[int, float] = {}
        """Of each trial, by its number, in whole trainings: all that it may take, until it has ended."""

    @classmethod
    def of(cls, records: Iterable[TrialRecord]) -> Spending:
        """Return what these trials have spent."""
        spending = cls()
        for record in records:
            spending.began(record.plan)
            for epoch in record.epochs:
                spending.trained(record.plan, epoch)
            if record.state.is_final:
                spending.ended(record)
        return spending

    @property
    def training_s(self) -> float:
        """Seconds that trials trained, one after the other."""
        return sum(self._seconds.values())

    @property
    def whole_trainings(self) -> float:
        """Work of the trials, in trainings of the whole backbone."""
        return sum(self._work.values())

    def began(self, plan: TrialPlan) -> None:
        """Count the work of a trial that is handed out."""
        self._work.setdefault(plan.number, plan.work or 0.0)

    def trained(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Count an epoch's seconds."""
        self._seconds[plan.number, epoch.epoch] = epoch.duration_s

    def ended(self, record: TrialRecord) -> None:
        """Count no more work of a trial than it did: one that was stopped early leaves the rest to others.

        Its epochs count alike, also where stages wait in the first ones: so that one counts for rather too much.
        """
        done = len(record.epochs) / record.plan.epochs
        self._work[record.plan.number] = (record.plan.work or 0.0) * done

    def share_of(self, budget: BudgetSpec) -> float:
        """Return what share is spent of the budget that is nearest to its end; 0 where arms have none."""
        spent = (
            (self.training_s, budget.arm_training_s),
            (self.whole_trainings, budget.arm_whole_trainings),
        )
        return max((used / limit for used, limit in spent if limit is not None), default=0.0)

    def exhausts(self, budget: BudgetSpec) -> bool:
        """Whether the arm's budget is spent: no more of its trials begin."""
        return self.share_of(budget) >= 1
