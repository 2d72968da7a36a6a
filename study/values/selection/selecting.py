"""Selecting one of an arm's trials by the rule of its study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from study.values.choice import ChoiceRule
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.selection.best import Best
from study.values.selection.choice import Choice, badness
from study.values.selection.generations import from_last_generation_on, of_last_generation
from study.values.selection.one_standard_error import OneStandardError
from study.values.states import TrialState

_CHOICES: Mapping[ChoiceRule, Choice] = {
    ChoiceRule.BEST: Best(),
    ChoiceRule.ONE_STANDARD_ERROR: OneStandardError(),
}


def select(records: Iterable[TrialRecord]) -> TrialRecord | None:
    """Return the record that one arm's trials are represented by, or None where no trial ran to its end and keeps to
    the study's limits.

    Only complete search trials take part: a trial stopped early was trained on a smaller budget, so its metric is
    not comparable. Of these only what costs no more than the study's constraints allow is chosen. Their objectives,
    which the study's selection rule makes of their epochs, are compared by the rule of choice that their plans name.
    Ties go to the trial asked for first. Of the generations of a population only the last whole one counts: those
    before were trained for fewer epochs.

    Args:
        records: Records of one arm's trials, those that failed included.
    """
    able = candidates(records)
    return _choice(able).choose(able) if able else None


def contenders(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return what `select` has to be shown of one arm's trials so far, along with those to come; few, however many
    there are. The best objective of all that keep to the study's limits is among them; of a population that of the
    generation that counts, and beside the complete trials those that failed, which make a generation whole.

    Args:
        records: Records of one arm's trials, or earlier contenders and what has come since.
    """
    found = _searched(records)
    able = candidates(found)
    return from_last_generation_on(found) or (_choice(able).contenders(able) if able else [])


def ordered(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the complete search trials of one arm that keep to the study's limits, by their objectives, best first."""
    return sorted(candidates(records), key=lambda record: (badness(record), record.plan.number))


def candidates(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the complete search trials that keep to the study's limits."""
    return [record for record in complete(records) if record.is_feasible]


def complete(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the complete search trials, whatever they cost; of a population those of the generation that counts."""
    return [record for record in of_last_generation(_searched(records)) if record.state is TrialState.COMPLETE]


def _searched(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    return [record for record in records if record.plan.purpose is Purpose.SEARCH]


def _choice(able: list[TrialRecord]) -> Choice:
    return _CHOICES[able[0].plan.choice]
