"""Seeds, keys and study identity come from content."""

import pytest

from study.values.arm import build_arms
from study.values.keys import content_digest
from study.values.protocols import Protocol
from study.values.seeds import derive_seed
from study.values.spec import StudySpec

TASKS = [{"name": "defect", "data": "elpv", "target": "defect"}, {"name": "type", "data": "elpv", "target": "type"}]


def spec(**changes):
    values = {"name": "s", "protocols": ["fine_tuning"], "backbones": ["resnet18"], "tasks": TASKS, **changes}
    return StudySpec.model_validate(values)


def test_seeds_differ_by_root_and_purpose_and_stay_the_same():
    seeds = {derive_seed(0), derive_seed(1), derive_seed(0, "a"), derive_seed(0, "a", 1), derive_seed(0, "a", "1")}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)
    # Written down, so that a change of the derivation cannot pass unseen: it would change every study.
    assert derive_seed(7, "split") == 1587984453


def test_the_digest_ignores_the_order_of_keys_only():
    assert content_digest({"a": 1, "b": [1, 2]}) == content_digest({"b": (1, 2), "a": 1})
    assert content_digest({"a": [1, 2]}) != content_digest({"a": [2, 1]})


def test_a_study_begun_before_there_were_some_keys_keeps_its_digest_where_they_are_not_used():
    values = {"name": "n", "backbones": ["resnet18"], "tasks": [{"name": "digit", "data": "digits"}]}
    one = StudySpec.model_validate({**values, "assessment": {"seeds": 2}})
    # Written down by the version before `search.choice`, `search.outer` and `out_of_distribution`.
    assert one.identity == "84b699bb3b880e51c4d89f56b97294f1"


def test_identity_is_what_the_study_asks():
    same = [
        spec(name="other"),
        spec(search={"trials": 3}),
        spec(assessment={"seeds": 9, "few_shot": [1, 5]}),
        spec(budget={"wall_clock_s": 9}),
        spec(tensorboard={"curves": "all", "num_best": 3}),
    ]
    assert {one.identity for one in same} == {spec().identity}
    for other in (
        spec(seed=1),
        spec(budget={"epochs": 3}),
        spec(search={"sampler": "random"}),
        spec(backbones=["vit"]),
        spec(tasks=[{**TASKS[0], "out_of_distribution": [{"name": "later", "data": "arrays:later.npz"}]}, TASKS[1]]),
    ):
        assert other.identity != spec().identity


def test_what_is_asked_of_sharing_may_be_asked_later():
    both = {"protocols": ["fine_tuning", "shared_representation"]}
    asked = spec(**both, assessment={"leave_one_task_out": True, "affinity": True})
    assert asked.identity == spec(**both).identity


def test_arms_are_protocol_by_backbone_by_task():
    arms = build_arms(spec(protocols=["fine_tuning", "from_scratch", "shared_representation"]))
    assert [arm.id for arm in arms] == [
        "fine_tuning/resnet18/defect",
        "fine_tuning/resnet18/type",
        "from_scratch/resnet18/defect",
        "from_scratch/resnet18/type",
        "shared_representation/resnet18/defect+type",
    ]
    assert [arm.backbone.is_pretrained for arm in arms] == [True, True, False, False, True]
    assert {arm.stratify for arm in arms[:4]} == {(("defect", "type"),)}


@pytest.mark.parametrize(
    ("protocol", "pretrained", "depths"),
    [
        ("fine_tuning", True, (0, 5)),
        ("fine_tuning", False, (0, 0)),
        ("linear_probe", True, (5, 5)),
        ("linear_probe", False, (5, 5)),
        ("from_scratch", False, (0, 0)),
        ("shared_representation", True, (0, 5)),
    ],
)
def test_freezing_depths_by_protocol(protocol, pretrained, depths):
    assert Protocol(protocol).freezing_depths(5, pretrained=pretrained) == depths


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tasks": [{"name": "a", "data": "digits"}], "protocols": ["shared_representation"]}, "at least 2 tasks"),
        ({"backbones": ["resnet18", "resnet18"]}, "backbone name given twice: resnet18"),
        ({"protocols": ["fine_tuning", "fine_tuning"]}, "protocol given twice"),
        ({"tasks": [{"name": "all", "data": "digits"}]}, "'all' is reserved"),
        ({"tasks": [{"name": "a", "data": "digits", "metric": "acuracy"}]}, "did you mean accuracy"),
        (
            {
                "protocols": ["shared_representation"],
                "tasks": [{"name": "a", "data": "digits"}, {"name": "b", "data": "elpv", "metric": "nll"}],
            },
            "must share a direction",
        ),
        (
            {
                "protocols": ["shared_representation"],
                "tasks": [{"name": "a", "data": "elpv"}, {"name": "b", "data": "elpv", "split": {"test": 0.3}}],
            },
            "share the data elpv but not split",
        ),
        (
            {"assessment": {"leave_one_task_out": True}},
            "assessment.leave_one_task_out is true, which needs shared_representation and fine_tuning among the "
            "protocols; shared_representation is not",
        ),
        (
            {"assessment": {"leave_one_task_out": True}, "protocols": ["linear_probe"]},
            "shared_representation and fine_tuning are not",
        ),
        (
            {"assessment": {"affinity": True}},
            "assessment.affinity is true, which needs shared_representation among the protocols",
        ),
    ],
)
def test_specs_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        spec(**changes)
