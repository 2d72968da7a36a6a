"""Replay: train a trial again and see whether its metrics come out the same."""

from __future__ import annotations

import math
import tempfile
from itertools import islice

from study.trial.assessment import assess
from study.trial.trial import Trial
from study.values.frozen import Frozen
from study.values.plan import Purpose, TrialPlan
from study.values.records import TrialRecord

TOLERANCE = 1e-4
"""Largest difference of a metric that counts as the same: float32 sums may run in another order."""


class Replay(Frozen):
    """What came of training a trial again."""

    number: int
    same: bool
    """Whether no metric of any epoch differs by more than `tolerance`."""
    tolerance: float
    largest_difference: float
    epochs: int
    """Epochs compared."""
    differences: dict[str, tuple[float, float]]
    """Metrics that differ by more than `tolerance`: recorded and again, at the first epoch where they do."""


def replay(record: TrialRecord, plan: TrialPlan) -> Replay:
    """Train a recorded trial again for as many epochs as it has, in this process.

    Args:
        record: What is compared with.
        plan: The record's plan, brought up to where it runs now. Nothing is read from an earlier cache.
    """
    differences: dict[str, tuple[float, float]] = {}
    largest = 0.0
    with tempfile.TemporaryDirectory() as cache_dir:
        trial = Trial(plan.model_copy(update={"checkpoint": None, "cache_dir": cache_dir}))
        # What another trial had trained before is trained and not compared: that trial's record has it.
        again = islice(trial.epochs(), plan.epochs_before, None)
        for then, now in zip(record.epochs, again, strict=False):  # ends with the shorter: the record
            largest = max(largest, _compare({**then.metrics, **then.outer}, {**now.metrics, **now.outer}, differences))
        if record.test and plan.purpose is Purpose.ASSESSMENT:
            largest = max(largest, _compare(record.test, assess(trial).scores, differences))
    return Replay(
        number=plan.number,
        same=not differences,
        tolerance=TOLERANCE,
        largest_difference=largest,
        epochs=len(record.epochs),
        differences=differences,
    )


def _compare(then: dict[str, float], now: dict[str, float], differences: dict[str, tuple[float, float]]) -> float:
    largest = 0.0
    for name in sorted({**then, **now}):
        recorded, again = then.get(name, math.nan), now.get(name, math.nan)
        if math.isnan(recorded) and math.isnan(again) and name in then and name in now:
            continue
        difference = abs(recorded - again)
        if not difference <= TOLERANCE:
            differences.setdefault(name, (recorded, again))
        largest = max(largest, math.inf if math.isnan(difference) else difference)
    return largest
