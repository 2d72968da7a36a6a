"""Assessment: the selected configuration of each arm, retrained over seeds, scored on test once a seed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence

from study.adapters.source import Cost, TrialSource, no_difference
from study.orchestration.fresh import Fresh
from study.values.plan import Purpose, TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import StudySpec, Varied


class AssessmentSource(TrialSource):
    """Hands out every assessment that is still owed."""

    def __init__(
        self, spec: StudySpec, selected: Iterable[TrialRecord], earlier: Iterable[TrialRecord], fresh: Fresh
    ) -> None:
        """List what is owed.

        Args:
            spec: The study's.
            selected: The selected trial of each arm.
            earlier: Assessments on record; those that ended are not run again, the others go on.
            fresh: Brings a plan up to where the study runs now.
        """
        known = {(record.plan.arm.id, record.plan.id): record for record in earlier}
        self._owed: deque[TrialRecord] = deque()
        for repeat in range(spec.assessment.seeds):
            for trial in selected:
                plan = fresh.plan(assessment_plan(spec, trial, repeat))
                record = known.get((plan.arm.id, plan.id))
                if record is None:
                    self._owed.append(TrialRecord(plan=plan, started_at=time.time()))
                elif not record.state.is_final:
                    self._owed.append(fresh.resumed(record))

    def __len__(self) -> int:
        return len(self._owed)

    def next(self, cost: Cost = no_difference, num_places: int = 1) -> Sequence[TrialRecord]:
        """Return the next assessment; the first seed of every arm comes before the second of any."""
        if not self._owed:
            return []
        due = [record for record in self._owed if record.plan.repeat == self._owed[0].plan.repeat]
        record = min(due, key=lambda record: cost(record.plan.arm.backbone.name))
        self._owed.remove(record)
        # It begins now, however long it waited; one that goes on began before.
        return [record if record.epochs else record.model_copy(update={"started_at": time.time()})]

    def report(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Do nothing: nobody decides by an assessment's epochs."""

    def finish(self, record: TrialRecord) -> None:
        """Do nothing: its record says it all."""


def assessment_plan(spec: StudySpec, selected: TrialRecord, repeat: int) -> TrialPlan:
    """Return the plan of retraining a selected configuration with seed number `repeat`.

    What the spec does not vary stays as it was in the search. A split drawn anew is the same for all arms.
    """
    vary, searched = spec.assessment.vary, selected.plan
    fresh = derive_seed(spec.seed, searched.arm.id, "assessment", repeat)
    return searched.model_copy(
        update={
            "purpose": Purpose.ASSESSMENT,
            "repeat": repeat,
            "seed": fresh if Varied.INITIALISATION in vary else searched.seed,
            "order_seed": fresh if Varied.ORDER in vary else searched.seed,
            "validation_seed": derive_seed(spec.seed, "split", repeat) if Varied.SPLIT in vary else None,
            "robustness": spec.assessment.robustness,
            "checkpoint": None,
        }
    )
