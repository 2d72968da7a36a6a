"""Selection: choosing a configuration among finished records, on validation only."""

from __future__ import annotations

from collections.abc import Iterable

from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.states import TrialState


def select(records: Iterable[TrialRecord]) -> TrialRecord | None:
    """Return the best record of one arm, or None where no trial ran to its end.

    Only complete search trials take part: a trial stopped early was trained on a smaller budget, so its metric is
    not comparable. They are compared by their objective, which the study's selection rule makes of their epochs. Ties
    go to the trial asked for first.

    Args:
        records: Records of one arm's trials.
    """
    candidates = [
        (record.objective, record)
        for record in records
        if record.plan.purpose is Purpose.SEARCH and record.state is TrialState.COMPLETE
    ]
    if not candidates:
        return None
    sign = -1.0 if candidates[0][1].plan.arm.maximize else 1.0
    return min(candidates, key=lambda scored: (sign * (scored[0] or 0), scored[1].plan.number))[1]
