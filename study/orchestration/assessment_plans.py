"""What a study's assessment consists of: the selected configurations, and how often each is trained anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from study.values.plan import Purpose, TrialPlan
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import StudySpec, Varied
from study.values.variant import FewShot


def assessment_plans(spec: StudySpec, selected: Iterable[TrialRecord]) -> list[TrialPlan]:
    """Return the plan of every assessment, in the order in which they are due: the first seed of every arm comes
    before the second of any.

    What departs from the selected configurations comes after all that the leaderboard is made of.

    Args:
        spec: The study's.
        selected: The selected trial of each arm.
    """
    trials, seeds = list(selected), range(spec.assessment.seeds)
    plain = [assessment_plan(spec, trial, repeat) for repeat in seeds for trial in trials]
    return plain + [
        few_shot_plan(plan, number)
        for repeat in seeds
        for number in spec.assessment.few_shot
        for plan in plain
        if plan.repeat == repeat
    ]


def few_shot_plan(plain: TrialPlan, examples_per_class: int) -> TrialPlan:
    """Return the plan of an assessment on a few examples of each class; all else is as with all examples."""
    variant = FewShot(examples_per_class=examples_per_class)
    return plain.model_copy(update={"variant": variant, "robustness": False})


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


def owed(plans: Iterable[TrialPlan], records: Iterable[TrialRecord]) -> Sequence[TrialPlan]:
    """Return the assessments that have not ended.

    Args:
        plans: All of the study's.
        records: All that the study has.
    """
    ended = {(record.plan.arm.id, record.plan.id) for record in records if record.state.is_final}
    return [plan for plan in plans if (plan.arm.id, plan.id) not in ended]
