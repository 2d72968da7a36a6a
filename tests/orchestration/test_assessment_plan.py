"""What differs between the seeds of an assessment is what the spec says, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from builders import scored, spec

from study.orchestration.assessment_plans import assessment_plan, assessment_plans
from study.parts.tasks import build_tasks
from study.values.arm import build_arms
from study.values.spec import StudySpec

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
    labels = [(plan.variant and plan.variant.label, plan.repeat) for plan in planned[::2]]
    assert labels == [(None, 0), (None, 1), ("1-shot", 0), ("5-shot", 0), ("1-shot", 1), ("5-shot", 1)]
    assert len({plan.folder for plan in planned}) == len(planned) == 12
    plain = {(plan.arm.id, plan.repeat): plan for plan in planned[:4]}
    for plan in planned[4:]:
        whole = plain[plan.arm.id, plan.repeat].model_copy(update={"robustness": False})
        assert plan.model_copy(update={"variant": None}) == whole
    assert assessment_plans(spec(assessment={"seeds": 2, "robustness": True}), selected) == planned[:4]
