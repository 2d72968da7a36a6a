"""What departs from an arm's selected configuration has a record of its own, and comes back as it was written."""

import pytest
from builders import arm, plan

from study.values.plan import Purpose, TrialPlan
from study.values.protocols import Protocol
from study.values.variant import FewShot, LeftOut, Transferred

VARIANTS = (
    None,
    FewShot(examples_per_class=5),
    LeftOut(task="defect"),
    LeftOut(task="type"),
    Transferred(origin="assessments/a/00003-seed0-without-defect", trial=3),
    Transferred(origin="assessments/a/00012-seed0-without-defect", trial=12),
)


def planned(variant):
    shared = arm(Protocol.SHARED_REPRESENTATION)
    return plan(7, arm=shared, purpose=Purpose.ASSESSMENT, variant=variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_plan_comes_back_with_its_variant(variant):
    assert TrialPlan.model_validate_json(planned(variant).model_dump_json()) == planned(variant)


def test_no_two_share_a_folder():
    folders = {planned(variant).folder for variant in VARIANTS}
    assert len(folders) == len(VARIANTS)
    assert planned(VARIANTS[4]).id == "00007-seed0-from-00003"
    assert planned(VARIANTS[2]).id == "00007-seed0-without-defect"


def test_one_task_is_left_out_and_the_others_are_divided_as_before():
    whole, left = planned(None).arm, planned(LeftOut(task="defect")).trained_arm
    assert left.task_names == ("type",)
    assert left.stratify == whole.stratify[1:] == (("defect", "type"),)
    assert planned(LeftOut(task="defect")).arm == whole
    assert planned(None).trained_arm == whole


def test_what_starts_from_another_waits_for_it():
    assert [planned(variant).origin is None for variant in VARIANTS] == [True] * 4 + [False] * 2
