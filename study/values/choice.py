"""Which of an arm's complete trials is chosen, by the name of its rule."""

from __future__ import annotations

from enum import Enum


class ChoiceRule(str, Enum):
    """How a trial is chosen by the scores that the selection rule gave; validation alone has a say in it.

    The oracle, which goes by the outer split, is not among them.
    """

    BEST = "best"
    """The best score."""
    ONE_STANDARD_ERROR = "one_standard_error"
    """Of the trials within one standard error of the best, the one that adapts least."""
