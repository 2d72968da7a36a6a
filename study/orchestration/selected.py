"""What was selected in each arm, and how it was assessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from study.values.arm import Arm
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.selection import select
from study.values.states import TrialState
from study.values.variant import FewShot


def by_arm(arms: Sequence[Arm], records: Iterable[TrialRecord], purpose: Purpose) -> dict[str, list[TrialRecord]]:
    """Return the records of one purpose by arm id, for every arm."""
    grouped: dict[str, list[TrialRecord]] = {arm.id: [] for arm in arms}
    for record in records:
        if record.plan.purpose is purpose and record.plan.arm.id in grouped:
            grouped[record.plan.arm.id].append(record)
    return grouped


def selected_trials(arms: Sequence[Arm], records: Sequence[TrialRecord]) -> dict[str, TrialRecord]:
    """Return the selected trial of each arm that has a complete one, by arm id."""
    chosen = {arm: select(trials) for arm, trials in by_arm(arms, records, Purpose.SEARCH).items()}
    return {arm: record for arm, record in chosen.items() if record is not None}


def assessments_of(selected: Mapping[str, TrialRecord], records: Iterable[TrialRecord]) -> dict[str, list[TrialRecord]]:
    """Return the complete assessments of each arm's selected trial, as it was selected, by arm id."""
    found: dict[str, list[TrialRecord]] = {arm: [] for arm in selected}
    for record in records:
        if record.plan.variant is None and _assesses(record, selected):
            found[record.plan.arm.id].append(record)
    return found


def few_shots_of(
    selected: Mapping[str, TrialRecord], records: Iterable[TrialRecord]
) -> dict[int, dict[str, list[TrialRecord]]]:
    """Return those trained on a few examples of each class, by how many, ascending, and by arm id."""
    found: dict[int, dict[str, list[TrialRecord]]] = {}
    for record in records:
        variant = record.plan.variant
        if isinstance(variant, FewShot) and _assesses(record, selected):
            by_arm = found.setdefault(variant.examples_per_class, {arm: [] for arm in selected})
            by_arm[record.plan.arm.id].append(record)
    return dict(sorted(found.items()))


def _assesses(record: TrialRecord, selected: Mapping[str, TrialRecord]) -> bool:
    """Whether a record is a complete assessment of its arm's selected trial."""
    arm = record.plan.arm.id
    return (
        record.plan.purpose is Purpose.ASSESSMENT
        and record.state is TrialState.COMPLETE
        and arm in selected
        and record.plan.number == selected[arm].plan.number
    )
