"""Selection: choosing a configuration among finished records, on validation only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.states import TrialState


class SelectionRule(ABC):
    """Says how good a finished trial is, by its validation metrics alone."""

    @abstractmethod
    def score(self, record: TrialRecord) -> float:
        """Return the objective by which `record` is compared with others of its arm."""


class LastEpoch(SelectionRule):
    """The objective after the last epoch: what the trained weights score, with no choice among epochs."""

    def score(self, record: TrialRecord) -> float:
        """Return the objective at the last epoch."""
        assert record.objective is not None, "a complete trial has epochs"
        return record.objective


def select(records: Iterable[TrialRecord], rule: SelectionRule) -> TrialRecord | None:
    """Return the best record of one arm, or None where no trial ran to its end.

    Only complete search trials take part: a trial stopped early was trained on a smaller budget, so its metric is
    not comparable. Ties go to the trial asked for first.

    Args:
        records: Records of one arm's trials.
        rule: How a record is scored.
    """
    candidates = [
        record for record in records if record.plan.purpose is Purpose.SEARCH and record.state is TrialState.COMPLETE
    ]
    if not candidates:
        return None
    sign = -1.0 if candidates[0].plan.arm.maximize else 1.0
    return min(candidates, key=lambda record: (sign * rule.score(record), record.plan.number))
