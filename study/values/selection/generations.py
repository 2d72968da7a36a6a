"""Which of a population's generations counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from study.values.records import TrialRecord
from study.values.states import TrialState


def of_last_generation(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the records of the one generation of a population that counts; all where no trial goes on from another.

    It is the last that is whole: all of its trials have ended, at least one of them complete. Which of one that is
    under way end first says nothing of which are best. The first generation counts while none is whole.

    Args:
        records: Of one arm's search trials, whatever their states.
    """
    found = list(records)
    counting = _last_whole(found)
    return [record for record in found if record.plan.course_epochs is None or record.plan.epochs == counting]


def from_last_generation_on(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the ended trials of a population by which it is told, now or later, which generation counts and what is
    best in it; none where no trial goes on from another.

    Args:
        records: Of one arm's search trials.
    """
    found = list(records)
    first = _last_whole(found)
    return [record for record in found if _is_ended_member(record) and record.plan.epochs >= first]


def _last_whole(records: Sequence[TrialRecord]) -> int:
    """Return the last epoch of the generation that counts."""
    members = [record for record in records if record.plan.course_epochs is not None]
    ended: dict[int, list[TrialState]] = defaultdict(list)
    for record in members:
        if _is_ended_member(record):
            ended[record.plan.epochs].append(record.state)
    # Plans of earlier versions do not say it: there each generation counts as whole.
    size = max((record.plan.population_size or 1 for record in members), default=1)
    whole = [epoch for epoch, states in ended.items() if len(states) >= size and TrialState.COMPLETE in states]
    return max(whole, default=min((record.plan.epochs for record in members), default=0))


def _is_ended_member(record: TrialRecord) -> bool:
    return record.plan.course_epochs is not None and record.state.is_final
