"""What a study's assessment consists of: the selected configurations, and how often each is trained anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from study.orchestration.left_out import LeftOutPair, left_out_pairs
from study.values.plan import Purpose, TrialPlan
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import StudySpec, Varied
from study.values.states import TrialState
from study.values.variant import FewShot


def assessment_plans(spec: StudySpec, selected: Iterable[TrialRecord]) -> list[TrialPlan]:
    """Return the plan of every assessment, in the order in which they are due.

    The first seed of every arm comes before the second of any; what departs from the selected configurations comes
    after all that the leaderboard is made of; and last what starts from another assessment's backbone.

    Args:
        spec: The study's.
        selected: The selected trial of each arm.
    """
    trials, repeats = list(selected), range(spec.assessment.seeds)
    plain = [assessment_plan(spec, trial, repeat) for repeat in repeats for trial in trials]
    few = [
        few_shot_plan(plan, number)
        for repeat in repeats
        for number in spec.assessment.few_shot
        for plan in plain
        if plan.repeat == repeat
    ]
    pairs = [pair for pair in left_out_pairs(trials) if pair.why_not is None]
    pairs = pairs if spec.assessment.leave_one_task_out else []
    without = [_without(spec, pair, repeat) for repeat in repeats for pair in pairs]
    return [*plain, *few, *without, *(_transferred(spec, pair, repeat) for repeat in repeats for pair in pairs)]


def few_shot_plan(plain: TrialPlan, examples_per_class: int) -> TrialPlan:
    """Return the plan of an assessment on a few examples of each class; all else is as with all examples."""
    variant = FewShot(examples_per_class=examples_per_class)
    return plain.model_copy(update={"variant": variant, "robustness": False, "affinity": False})


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
            "affinity": spec.assessment.affinity and searched.arm.protocol.is_multi_task,
            "checkpoint": None,
        }
    )


def owed(plans: Iterable[TrialPlan], records: Iterable[TrialRecord]) -> Sequence[TrialPlan]:
    """Return the assessments that have not ended and wait for no other one.

    Args:
        plans: All of the study's.
        records: All that the study has.
    """
    states = {record.plan.folder: record.state for record in records}
    not_ended = [plan for plan in plans if plan.folder not in states or not states[plan.folder].is_final]
    return [plan for plan in not_ended if plan.origin is None or states.get(plan.origin) is TrialState.COMPLETE]


def num_possible(plans: Iterable[TrialPlan], records: Iterable[TrialRecord]) -> int:
    """Return how many of the assessments there can be, those that ended included: without what one starts from, none.

    Args:
        plans: All of the study's.
        records: All that the study has.
    """
    failed = {record.plan.folder for record in records if record.state is TrialState.FAILED}
    return sum(plan.origin not in failed for plan in plans)


def _without(spec: StudySpec, pair: LeftOutPair, repeat: int) -> TrialPlan:
    """Return the plan of training a backbone on all tasks but the pair's."""
    return pair.without_its_task(assessment_plan(spec, pair.shared, repeat))


def _transferred(spec: StudySpec, pair: LeftOutPair, repeat: int) -> TrialPlan:
    """Return the plan of adapting that backbone to the pair's task: as the original is, with the same seeds."""
    origin = _without(spec, pair, repeat)
    return pair.started_from(origin, assessment_plan(spec, pair.single, repeat))
