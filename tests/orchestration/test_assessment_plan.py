"""What differs between the seeds of an assessment is what the spec says, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from builders import START, arms, plan, record, scored, spec

from study.orchestration.assessment_plans import assessment_plan, assessment_plans, num_possible, owed
from study.parts.tasks import build_tasks
from study.values.arm import build_arms
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState
from study.values.variant import LeftOut

OWN = Path(__file__).parents[1] / "own"


def plans(*vary, selected=None):
    varied = spec(assessment={"seeds": 3, "vary": list(vary)} if vary else {"seeds": 3})
    record = selected or scored(number=4, objectives=[0.5], seed=17)
    return [assessment_plan(varied, record, repeat) for repeat in range(3)]


def distinct(planned, name):
    return len({getattr(plan, name) for plan in planned})


@pytest.mark.parametrize(
    ("vary", "seeds", "orders", "splits"),
    [
        ((), 3, 3, 1),
        (("initialisation",), 3, 1, 1),
        (("order",), 1, 3, 1),
        (("split",), 1, 1, 3),
        (("initialisation", "order", "split"), 3, 3, 3),
    ],
)
def test_only_what_is_named_varies(vary, seeds, orders, splits):
    planned = plans(*vary)
    found = tuple(distinct(planned, name) for name in ("seed", "order_seed", "validation_seed"))
    assert found == (seeds, orders, splits)
    assert distinct(planned, "split_seed") == 1
    assert planned == plans(*vary), "the same study gives the same seeds"


def test_what_does_not_vary_is_as_it_was_searched():
    [first, *_] = plans("split")
    assert (first.seed, first.order_seed) == (17, 17)
    assert plans("order")[0].validation_seed is None


def test_all_arms_draw_the_same_split_and_their_own_initialisation():
    one, other = (plans("initialisation", "split", selected=scored(number=n, objectives=[0.5], arm=arm)) for n, arm in
                  enumerate(build_arms(spec())[:2]))  # fmt: skip
    assert [plan.validation_seed for plan in one] == [plan.validation_seed for plan in other]
    assert {plan.seed for plan in one}.isdisjoint(plan.seed for plan in other)


def test_a_split_drawn_anew_moves_validation_and_leaves_test():
    tasks = [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}]
    [arm] = build_arms(StudySpec.model_validate({"name": "t", "backbones": ["parts.py:small_net"], "tasks": tasks}))

    def splits(seed):
        [task] = build_tasks(arm, split_seed=5, root=OWN, validation_seed=seed)
        return task.splits

    before, same, other = splits(None), splits(5), splits(6)
    np.testing.assert_array_equal(before.validation, same.validation)
    assert not np.array_equal(before.validation, other.validation)
    np.testing.assert_array_equal(before.test, other.test)
    assert not set(other.validation) & set(other.test)
    assert len(other.validation) == len(before.validation)


def test_few_shots_come_after_all_that_the_leaderboard_is_made_of_and_differ_in_nothing_else():
    asked = spec(assessment={"seeds": 2, "few_shot": [1, 5], "robustness": True})
    selected = [scored(number=n, objectives=[0.5], arm=arm) for n, arm in enumerate(build_arms(asked)[:2])]
    planned = assessment_plans(asked, selected)
    labels = [(one.variant and one.variant.label, one.repeat) for one in planned[::2]]
    assert labels == [(None, 0), (None, 1), ("1-shot", 0), ("5-shot", 0), ("1-shot", 1), ("5-shot", 1)]
    assert len({one.folder for one in planned}) == len(planned) == 12
    plain = {(one.arm.id, one.repeat): one for one in planned[:4]}
    for few in planned[4:]:
        whole = plain[few.arm.id, few.repeat].model_copy(update={"robustness": False})
        assert few.model_copy(update={"variant": None}) == whole
    assert assessment_plans(spec(assessment={"seeds": 2, "robustness": True}), selected) == planned[:4]


def selected(**of_shared):
    """Return the selected trials of both tasks' arms and of the shared one."""
    return [
        record(number, epochs=3, state=TrialState.COMPLETE, **{"arm": arm, **(of_shared if number == 2 else {})})
        for number, arm in enumerate(arms())
    ]


def left_out_plans(*, seeds=2, **of_shared):
    asked = spec(assessment={"seeds": seeds, "leave_one_task_out": True, "robustness": True, "affinity": True})
    return assessment_plans(asked, selected(**of_shared))


def ended(planned, state=TrialState.COMPLETE):
    return [TrialRecord(plan=one, started_at=START).ended(state, at=START + 1) for one in planned]


def test_each_task_is_left_out_and_then_put_to_what_the_others_taught():
    plans = left_out_plans()
    assert [plan.id for plan in plans] == [
        *(f"{number:05d}-seed{seed}" for seed in (0, 1) for number in range(3)),
        *(f"00002-seed{seed}-without-{task}" for seed in (0, 1) for task in ("defect", "type")),
        *(f"{number:05d}-seed{seed}-from-00002" for seed in (0, 1) for number in range(2)),
    ]
    assert len({plan.folder for plan in plans}) == len(plans)
    plain, trained, started = plans[:6], plans[6:10], plans[10:]
    for one in started:
        [origin] = [other for other in trained if other.folder == one.origin]
        assert origin.variant.task == one.arm.task_names[0]
        [same] = [other for other in plain if (other.arm, other.repeat) == (one.arm, one.repeat)]
        assert one == same.model_copy(update={"variant": one.variant, "robustness": False})
    assert {plan.robustness for plan in trained} == {False}
    assert [plan.affinity for plan in plans] == [False, False, True] * 2 + [False] * 8
    assert all(plan.variant is None for plan in assessment_plans(spec(assessment={"seeds": 2}), selected()))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {}),
        ({"defect": 3.0, "type": 2.0}, {"type": 2.0}),
        ({"defect": 3.0}, {}),
        ({"defect": 1.0, "type": 0.0}, {}),
    ],
)
def test_the_weight_of_the_task_left_out_goes_and_something_is_always_learned(given, kept):
    values = plan().hyperparameters.model_copy(update={"task_weights": given})
    [without, _] = [p for p in left_out_plans(seeds=1, hyperparameters=values) if isinstance(p.variant, LeftOut)]
    assert without.variant.task == "defect"
    assert without.hyperparameters.task_weights == kept


def test_a_backbone_that_would_stay_as_it_was_is_not_trained():
    assert all(plan.variant is None for plan in left_out_plans(trains_heads_only=True))


def test_a_backbone_whose_frozen_stages_are_random_is_not_trained_for_another():
    *_, shared = arms(backbones=[{"source": "lite0", "weights": "none", "name": "lite0"}])
    assert all(plan.variant is None for plan in left_out_plans(arm=shared))
    values = plan().hyperparameters.model_copy(update={"freezing_depth": 0})
    assert any(plan.variant for plan in left_out_plans(arm=shared, hyperparameters=values))


def test_what_starts_from_another_is_owed_once_that_is_complete_and_never_if_it_failed():
    plans = left_out_plans(seeds=1)
    plain, trained, started = plans[:3], plans[3:5], plans[5:]
    assert owed(plans, []) == [*plain, *trained]
    assert owed(plans, ended([*plain, *trained])) == started
    assert owed(plans, ended([*plain, trained[0]])) == [trained[1], started[0]]
    some_failed = [*ended([*plain, trained[0]]), *ended([trained[1]], TrialState.FAILED)]
    assert owed(plans, some_failed) == [started[0]]
    assert (num_possible(plans, []), num_possible(plans, some_failed)) == (7, 6)
    assert {plan.purpose for plan in plans} == {Purpose.ASSESSMENT}
