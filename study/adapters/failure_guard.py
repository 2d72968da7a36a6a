"""Trials that fail one after the other for the same reason: the rest would too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from study.adapters.ray_metrics.reasons import failure_kind
from study.adapters.watcher import Watcher
from study.values.packing import pack_together
from study.values.problems import InputError
from study.values.records import TrialRecord
from study.values.states import TrialState

_AT_ONCE_S = 2.0


class FailureGuard(Watcher):
    """Stops a run after so many equal failures in a row, saying what the trials have in common."""

    def __init__(self, limit: int) -> None:
        """Begin with none.

        Args:
            limit: How many are too many.
        """
        self._limit = limit
        self._failed: list[TrialRecord] = []

    def on_end(self, record: TrialRecord) -> None:
        """Count it, if it failed as the one before; begin anew otherwise.

        Raises:
            InputError: If those were too many (says why they failed, and what they have in common).
        """
        if record.plan.variant is not None:
            return  # a point of a curve, or a comparison beside: the leaderboard does not wait for it
        if record.state is not TrialState.FAILED:
            self._failed = []
            return
        if self._failed and failure_kind(self._failed[-1].reason or "") != failure_kind(record.reason or ""):
            self._failed = []
        if self._failed and _are_one_accident(self._failed[-1], record):
            return
        self._failed.append(record)
        if len(self._failed) >= self._limit:
            reason = (record.reason or "unknown").strip().splitlines()[0]
            raise InputError(
                f"{len(self._failed)} trials in a row failed for the same reason: {reason}; "
                f"they have in common: {', '.join(_in_common(self._failed))}. `study resume` goes on with the trials "
                "that are left; search.equal_failures says how many are too many"
            )


def _are_one_accident(one: TrialRecord, other: TrialRecord) -> bool:
    """Whether two trials failed as members of a pack whose program failed: at once, and at the same place."""
    alike = one.traceback is not None and one.traceback == other.traceback
    at_once = abs((one.ended_at or 0.0) - (other.ended_at or 0.0)) < _AT_ONCE_S
    return alike and at_once and pack_together(one.plan, other.plan)


def _in_common(records: Iterable[TrialRecord]) -> Iterator[str]:
    facts = [_facts(record) for record in records]
    for name, value in facts[0].items():
        if all(other.get(name) == value for other in facts):
            yield f"{name} {value}"


def _facts(record: TrialRecord) -> dict[str, object]:
    arm = record.plan.arm
    given = record.plan.hyperparameters.model_dump(mode="json", exclude_defaults=True)
    return {
        "protocol": arm.protocol.value,
        "backbone": arm.backbone.name,
        "task": "+".join(arm.task_names),
        **{name: value for name, value in given.items() if value not in ({}, None)},
    }
