"""What a spec says of the kind of a task's target: its default metric, and what does not fit together."""

import pytest

from study.values.arm import build_arms
from study.values.spec import StudySpec

NUMBER = {"name": "y", "data": "diabetes", "kind": "regression"}
CLASS = {"name": "c", "data": "breast_cancer"}


def spec(*tasks, **changes):
    mlp = {"source": "mlp", "weights": "none", "options": {"inputs": 10, "widths": [4]}}
    return StudySpec.model_validate(
        {"name": "n", "protocols": ["from_scratch"], "backbones": [mlp], "tasks": list(tasks), **changes}
    )


def test_the_metric_follows_the_kind():
    assert [task.metric for task in spec(NUMBER, CLASS).tasks] == ["r2", "balanced_accuracy"]


@pytest.mark.parametrize(
    ("tasks", "changes", "words"),
    [
        ([{**NUMBER, "metric": "accuracy"}], {}, "not for kind regression; allowed: loss, mse, rmse, mae, r2"),
        ([{**CLASS, "metric": "r2"}], {}, "r2 is not for kind classification"),
        ([{**NUMBER, "out_of_distribution": [{"name": "o", "data": "diabetes"}]}], {}, "out_of_distribution matches"),
        ([NUMBER], {"assessment": {"few_shot": [5]}}, r"few_shot takes .* of each class; y \(regression\)"),
        ([NUMBER], {"search": {"choice": "one_standard_error"}}, "of another kind are y: r2"),
        (
            [{**NUMBER, "metric": "mse"}, {**CLASS, "metric": "nll"}],
            {"protocols": ["shared_representation"]},
            "y: mse is in the target's own unit",
        ),
        (
            [{**CLASS, "kind": "ordinal", "metric": "class_mae"}, {**CLASS, "name": "other", "metric": "nll"}],
            {"protocols": ["shared_representation"]},
            "class_mae is in the target's own unit.*quadratic_kappa",
        ),
    ],
)  # fmt: skip
def test_what_makes_no_sense_for_a_kind_is_refused_by_name(tasks, changes, words):
    with pytest.raises(ValueError, match=words):
        spec(*tasks, **changes)


def test_arms_know_which_targets_of_their_data_are_numbers_and_those_of_classes_are_as_they_were():
    both = build_arms(spec(NUMBER, CLASS))
    assert [arm.regressed for arm in both] == [((None,),), ()]
    assert [arm.numbers for arm in both] == [((None,),), ((),)]
