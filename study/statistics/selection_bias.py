"""How much too good the validation score is by which a trial was selected."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from study.statistics.interval import Interval, check_confidence


def optimism(selected: float, fresh: Sequence[float], *, maximize: bool, confidence: float = 0.95) -> Interval:
    """Return the selected trial's validation score minus the mean of the same configuration trained anew.

    Positive where the selected score flatters, whichever way is better (the winner's curse: Cawley & Talbot, 2010, On
    Over-fitting in Model Selection). The interval is Student's t (1908) over seeds: the selected score is a fact, only
    what it should have been is estimated. With one seed it is NaN.

    Args:
        selected: Validation score by which the trial was selected.
        fresh: Validation scores of its configuration under assessment seeds, at least one.
        maximize: Whether more is better.
        confidence: Coverage, in (0, 1).

    Raises:
        ValueError: If there is no fresh score or `confidence` is not in (0, 1).
    """
    check_confidence(confidence)
    if len(fresh) == 0:
        raise ValueError("no fresh score to hold the selected one against")
    sign = 1.0 if maximize else -1.0
    point = sign * (selected - float(np.mean(fresh)))
    half = math.nan
    if len(fresh) > 1:
        spread = float(np.std(fresh, ddof=1)) / math.sqrt(len(fresh))
        half = float(student.ppf((1 + confidence) / 2, len(fresh) - 1)) * spread
    return Interval(point=point, low=point - half, high=point + half, confidence=confidence)
