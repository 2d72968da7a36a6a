"""A rule of choice: one of an arm's complete trials."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from study.values.records import TrialRecord


class Choice(ABC):
    """Chooses among complete search trials of one arm by their objectives."""

    @abstractmethod
    def choose(self, candidates: Sequence[TrialRecord]) -> TrialRecord:
        """Return the chosen one of at least one."""

    @abstractmethod
    def contenders(self, candidates: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return those without which the rule might choose otherwise, now or later; the best is among them."""


def badness(record: TrialRecord) -> float:
    """Return a complete trial's objective, turned so that less is better."""
    objective = record.objective
    assert objective is not None, "a complete trial has epochs"
    return -objective if record.plan.arm.maximize else objective
