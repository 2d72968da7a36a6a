"""Assessment: the selected configuration of each arm, retrained over seeds, scored on test once a seed."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

from study.adapters.source import Cost, TrialSource, no_difference
from study.orchestration.assessment_plans import owed
from study.orchestration.fresh import Fresh
from study.values.packing import MAX_TRIALS, pack_together
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord


class AssessmentSource(TrialSource):
    """Hands out every assessment that is still owed."""

    def __init__(self, plans: Sequence[TrialPlan], records: Iterable[TrialRecord], fresh: Fresh) -> None:
        """List what is owed.

        Args:
            plans: Assessments, in the order in which they are due.
            records: All that the study has; assessments that ended are not run again, the others go on.
            fresh: Brings a plan up to where the study runs now.
        """
        known = {record.plan.folder: record for record in records}
        self._most_per_pack = fresh.resources.trials_per_pack or MAX_TRIALS
        self._owed: list[TrialRecord] = []
        for plan in owed(plans, known.values()):
            record = known.get(plan.folder)
            began = fresh.resumed(record) if record else TrialRecord(plan=fresh.plan(plan), started_at=time.time())
            self._owed.append(began if plan.origin is None else fresh.from_backbone(began, known[plan.origin]))

    def __len__(self) -> int:
        return len(self._owed)

    def next(self, cost: Cost = no_difference, num_places: int = 1) -> Sequence[TrialRecord]:
        """Return the next assessment: of those that are equally due, the cheapest; where it trains heads alone, other
        seeds with it, as a pack."""
        if not self._owed:
            return []
        first = _turn(self._owed[0].plan)
        due = [record for record in self._owed if _turn(record.plan) == first]
        chosen = min(due, key=lambda record: cost(record.plan.arm.backbone.name))
        size = min(self._most_per_pack, math.ceil(len(self._owed) / num_places))
        alike = [record for record in self._owed if record is not chosen and pack_together(record.plan, chosen.plan)]
        records = [chosen, *alike[: size - 1]]
        taken = {record.plan.folder for record in records}
        self._owed = [record for record in self._owed if record.plan.folder not in taken]
        # They begin now, however long they waited; one that goes on began before.
        return [
            record if record.epochs else record.model_copy(update={"started_at": time.time()}) for record in records
        ]

    def report(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Do nothing: nobody decides by an assessment's epochs."""

    def finish(self, record: TrialRecord) -> None:
        """Do nothing: its record says it all."""


def _turn(plan: TrialPlan) -> tuple[int, str]:
    """Return what assessments of several arms have in common that are equally due."""
    return plan.repeat, "" if plan.variant is None else plan.variant.label
