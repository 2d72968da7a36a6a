"""Selecting one of an arm's trials by the rule of its study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from study.values.choice import ChoiceRule
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.selection.best import Best
from study.values.selection.choice import Choice
from study.values.selection.one_standard_error import OneStandardError
from study.values.states import TrialState

_CHOICES: Mapping[ChoiceRule, Choice] = {
    ChoiceRule.BEST: Best(),
    ChoiceRule.ONE_STANDARD_ERROR: OneStandardError(),
}


def select(records: Iterable[TrialRecord]) -> TrialRecord | None:
    """Return the record that one arm's trials are represented by, or None where no trial ran to its end.

    Only complete search trials take part: a trial stopped early was trained on a smaller budget, so its metric is
    not comparable. Their objectives, which the study's selection rule makes of their epochs, are compared by the rule
    of choice that their plans name. Ties go to the trial asked for first.

    Args:
        records: Records of one arm's trials.
    """
    complete = candidates(records)
    return _choice(complete).choose(complete) if complete else None


def contenders(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return what `select` has to be shown of one arm's trials so far, along with those to come; few, however many
    there are. The best objective of all is among them.

    Args:
        records: Records of one arm's trials, or earlier contenders and what has come since.
    """
    complete = candidates(records)
    return _choice(complete).contenders(complete) if complete else []


def candidates(records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """Return the complete search trials."""
    return [
        record for record in records if record.plan.purpose is Purpose.SEARCH and record.state is TrialState.COMPLETE
    ]


def _choice(complete: list[TrialRecord]) -> Choice:
    return _CHOICES[complete[0].plan.choice]
