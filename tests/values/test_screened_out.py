"""Screening: who is searched, by scores that are known beforehand."""

import builders
import pytest

from study.values.screened_out import screened_out
from study.values.screening import FeatureScore, Screening
from study.values.spec import ScreeningScore
from study.values.target_kind import TargetKind

SCORES = {"defect": {"a": -1.0, "b": -2.0, "c": -3.0, "d": -2.0}, "type": {"a": -9.0, "b": -5.0, "c": -4.0, "d": None}}
BACKBONES = [{"source": "lite0", "name": name} for name in "abcd"]


def screening(scores=SCORES):
    return Screening(
        score="logme",
        tasks={
            task: tuple(
                FeatureScore(backbone=name, score=score, reason=None if score is not None else "features[0, 0] = nan")
                for name, score in of_task.items()
            )
            for task, of_task in scores.items()
        },
    )


def test_equal_scores_share_a_place_and_what_has_none_has_no_place():
    assert screening().places("defect") == {"a": 1, "b": 2, "d": 2, "c": 4}
    assert screening().places("type") == {"c": 1, "b": 2, "a": 3}


@pytest.mark.parametrize(
    ("tasks", "keep", "best"),
    [
        (["defect"], 1, ("a",)),
        (["defect"], 2, ("a", "b")),
        (["defect"], 3, ("a", "b", "d")),
        (["type"], 3, ("c", "b", "a")),
        (["type"], 4, ("c", "b", "a")),
        (["defect", "type"], 1, ("a",)),  # places 1 + 3, 2 + 2 and 4 + 1: of equal sums the first in the spec
        (["defect", "type"], 3, ("a", "b", "c")),
    ],
)
def test_the_best_go_on_by_their_mean_place(tasks, keep, best):
    assert screening().best(tasks, keep) == best


def test_an_arm_that_is_left_out_says_by_which_scores():
    arms = builders.arms(backbones=BACKBONES, protocols=["fine_tuning", "from_scratch", "shared_representation"])
    out = screened_out(arms, screening(), keep=2)
    assert [name for name in out if name.endswith("/defect")] == [
        *("fine_tuning/c/defect", "fine_tuning/d/defect"),
        *("from_scratch/c/defect", "from_scratch/d/defect"),
    ]
    assert str(out["fine_tuning/c/defect"]) == (
        "fine_tuning/c/defect: left out by search.screening before any trial: "
        "its logme on defect is -3, of those that are searched a -1, b -2"
    )
    assert str(out["fine_tuning/d/type"]) == (
        "fine_tuning/d/type: left out by search.screening before any trial: "
        "its features have no logme on type (features[0, 0] = nan)"
    )
    assert [name for name in out if name.startswith("shared")] == [
        "shared_representation/c/defect+type",
        "shared_representation/d/defect+type",
    ]
    assert str(out["shared_representation/c/defect+type"]).endswith(
        "its logme on defect is -3, of those that are searched a -1, b -2; "
        "its logme on type is -4, of those that are searched a -9, b -5; "
        "its mean place is 2.5, of those that are searched a 2, b 2"
    )


def test_of_equal_ones_the_first_in_the_spec_are_searched_which_is_said():
    arms = builders.arms(backbones=BACKBONES)
    out = screened_out(arms, screening(), keep=2)
    assert str(out["fine_tuning/d/defect"]).endswith(
        "its logme on defect is -2, of those that are searched a -1, b -2; "
        "of equal ones the first in the spec are searched"
    )
    [shared] = [
        str(one)
        for arm, one in screened_out(arms, screening(), keep=1).items()
        if arm.startswith("shared_representation/b")
    ]
    assert shared.endswith(
        "its mean place is 2, of those that are searched a 2; of equal ones the first in the spec are searched"
    )


def test_backbones_with_trials_are_searched_whatever_their_scores_and_others_fill_up():
    assert screening().best(["defect"], 2, begun=["c"]) == ("a", "c")
    assert screening().best(["defect"], 1, begun=["c", "d"]) == ("d", "c")
    assert screening().best(["type"], 2, begun=["d"]) == ("c", "d"), "one without a score too"
    assert screening().best(["defect"], 2, begun=["a"]) == screening().best(["defect"], 2)


def test_screening_is_part_of_the_question_where_it_is_used():
    plain, screened = (
        builders.spec(backbones=BACKBONES),
        builders.spec(backbones=BACKBONES, search={"screening": {"keep": 2}}),
    )
    assert builders.spec(backbones=BACKBONES, search={"screening": None}).identity == plain.identity
    assert screened.identity != plain.identity
    assert screened.identity != builders.spec(backbones=BACKBONES, search={"screening": {"keep": 1}}).identity


def test_what_would_leave_none_out_is_refused():
    with pytest.raises(ValueError, match=r"search.screening.keep = 4 leaves none of 4 backbones out"):
        builders.spec(backbones=BACKBONES, search={"screening": {"keep": 4}})


def test_training_from_scratch_alone_is_not_screened_by_weights_that_it_does_not_use():
    common = {"backbones": BACKBONES, "search": {"screening": {"keep": 2}}}
    with pytest.raises(ValueError, match=r"search.screening scores pretrained weights, and from_scratch, the only"):
        builders.spec(**common, protocols=["from_scratch"])
    assert builders.spec(**common, protocols=["from_scratch", "fine_tuning"]).search.screening.keep == 2


def test_a_score_that_a_task_has_not_is_refused_by_name():
    tasks = [
        {"name": "age", "data": "elpv", "target": "age", "kind": "regression"},
        {"name": "tags", "data": "elpv", "labels": ["x", "y"], "kind": "multi_label"},
    ]
    common = {"protocols": ["fine_tuning"], "backbones": BACKBONES}
    with pytest.raises(ValueError, match=r"score = logme is not defined for tags \(multi_label\); all scores are for"):
        builders.spec(**common, tasks=tasks, search={"screening": {"keep": 2}})
    with pytest.raises(ValueError, match=r"score = knn is not defined for age \(regression\)"):
        builders.spec(**common, tasks=tasks[:1], search={"screening": {"keep": 2, "score": "knn"}})
    assert builders.spec(**common, tasks=tasks[:1], search={"screening": {"keep": 2}}).search.screening.keep == 2
    assert all(score.is_defined_for(TargetKind.ORDINAL) for score in ScreeningScore)
