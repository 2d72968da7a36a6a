"""Which ended trials of each arm are among its best."""

from __future__ import annotations

import math
from bisect import insort
from collections import defaultdict

from study.values.records import TrialRecord
from study.values.selection import contenders
from study.values.states import TrialState

_STANDING = {TrialState.COMPLETE: 0, TrialState.PRUNED: 1, TrialState.FAILED: 2}


class BestTrials:
    """The best of each arm, as many as asked for, and what may come to be selected; holds no more records than that."""

    def __init__(self, num_best: int) -> None:
        """Keep the best `num_best` of each arm."""
        self._num_best = num_best
        self._by_arm: dict[str, list[TrialRecord]] = defaultdict(list)

    def add(self, record: TrialRecord) -> list[TrialRecord]:
        """Take in an ended trial and return those that are kept no longer: others or itself.

        Complete trials come before those stopped early, which were trained on less, and failed ones last; then those of
        a population's later generations; then the better objective at the last epoch, then the trial asked for first.
        What is selected need not be among them, where the rule has regard to more than the objective, better trials
        cost too much or a generation is under way.
        """
        best = self._by_arm[record.plan.arm.id]
        insort(best, record, key=_place)
        selectable = {one.plan.number for one in contenders(best)} if self._num_best else set()
        beyond = best[self._num_best :]
        best[self._num_best :] = [one for one in beyond if one.plan.number in selectable]
        return [one for one in beyond if one.plan.number not in selectable]


def _place(record: TrialRecord) -> tuple[int, int, float, int]:
    objective, plan = record.objective, record.plan
    badness = math.inf
    if objective is not None and math.isfinite(objective):
        badness = -objective if plan.arm.maximize else objective
    return _STANDING[record.state], -plan.generation_epochs, badness, plan.number
