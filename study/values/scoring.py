"""By what a trial is compared with others of its arm: its objectives, made one number by a named rule."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from statistics import fmean


class SelectionRule(str, Enum):
    """What counts of a trial; validation alone has a say in it."""

    LAST_EPOCH = "last_epoch"
    """The objective after the last epoch: what the trained weights score, with no choice among epochs."""
    BEST_EPOCH = "best_epoch"
    """The best objective of any epoch; assessed are that epoch's weights (early stopping on validation)."""
    MEAN_OF_LAST = "mean_of_last"
    """The mean over the last few epochs: less noise than one epoch's; assessed are the last weights."""


def chosen_epoch(objectives: Sequence[float], rule: SelectionRule, *, maximize: bool) -> int:
    """Return the position of the epoch whose weights count: the best, the first of equals, or the last.

    Args:
        objectives: After each epoch, at least one.
        rule: What counts.
        maximize: Whether a higher objective is better.
    """
    if rule is not SelectionRule.BEST_EPOCH:
        return len(objectives) - 1
    return objectives.index(max(objectives) if maximize else min(objectives))


def score(objectives: Sequence[float], rule: SelectionRule, *, maximize: bool, num_last: int = 1) -> float:
    """Return by what a trial is compared.

    Args:
        objectives: After each epoch, at least one.
        rule: What counts.
        maximize: Whether a higher objective is better.
        num_last: Epochs that `mean_of_last` takes the mean of.
    """
    if rule is SelectionRule.MEAN_OF_LAST:
        return fmean(objectives[-num_last:])
    return objectives[chosen_epoch(objectives, rule, maximize=maximize)]
