"""Truncation selection: whose place in a population is taken by whom."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


def parents(badness: Sequence[float | None], num_replaced: int, seed: int) -> list[int] | None:
    """Return by position which trial of a generation each trial of the next goes on from: itself, or one of the best.

    The worst go, and for each one of as many of the best is drawn (Jaderberg et al., 2017, section 4.1.1, truncation
    selection). What failed goes too.

    Args:
        badness: Of each trial, less is better; None of one that failed. Of equals the first are the better ones.
        num_replaced: How many go, where no more failed.
        seed: Of what is drawn.

    Returns:
        None where all failed.
    """
    able = [place for place, value in enumerate(badness) if value is not None]
    if not able:
        return None
    ordered = sorted(able, key=lambda place: (badness[place], place))
    num_failed = len(badness) - len(able)
    num_more = min(max(0, num_replaced - num_failed), len(able) - 1)
    staying = set(ordered[: len(able) - num_more])
    best = [place for place in ordered[: max(1, num_replaced)] if place in staying]
    random = Random(seed)
    # One is drawn for each place, whoever needs it: who takes one does not hang on how many do before.
    drawn = [random.choice(best) for _ in badness]
    return [place if place in staying else drawn[place] for place in range(len(badness))]
