"""The oracle: what the outer split would have chosen. Nothing is chosen so; it is what choices are held against."""

from __future__ import annotations

from collections.abc import Iterable

from study.values.records import TrialRecord
from study.values.selection.selecting import candidates


def oracle(records: Iterable[TrialRecord]) -> TrialRecord | None:
    """Return the complete trial of one arm that scores best on the outer split, of equals the one asked for first.

    Called oracle as in Gulrajani and Lopez-Paz (2021, In Search of Lost Domain Generalization): it knows what nobody
    who chooses a model may know.

    Args:
        records: Records of one arm's trials.

    Returns:
        None where no complete trial was scored on an outer split.
    """
    scored = [(record.outer_objective, record) for record in candidates(records)]
    known = [(value, record) for value, record in scored if value is not None and value == value]
    if not known:
        return None
    sign = -1.0 if known[0][1].plan.arm.maximize else 1.0
    return min(known, key=lambda pair: (sign * pair[0], pair[1].plan.number))[1]
