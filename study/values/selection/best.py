"""The default rule: the best objective."""

from __future__ import annotations

from collections.abc import Sequence

from study.values.records import TrialRecord
from study.values.selection.choice import Choice, badness


class Best(Choice):
    """The best objective; of equals the trial asked for first."""

    def choose(self, candidates: Sequence[TrialRecord]) -> TrialRecord:
        """Return the best."""
        return min(candidates, key=lambda record: (badness(record), record.plan.number))

    def contenders(self, candidates: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return the best alone."""
        return [self.choose(candidates)]
