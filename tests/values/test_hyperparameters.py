import sys

import pytest

from study.values.hyperparameters import check_hyperparameters
from study.values.problems import InputError

WHOLE = {"freezing_depth": 2, "head_learning_rate": 1e-3, "backbone_learning_rate": 1e-4, "batch_size": 32}


def check(values, **changes):
    arguments = {"num_stages": 5, "tasks": ("a", "b"), "space": "mine:space", **changes}
    return check_hyperparameters(values, **arguments)


def test_a_whole_configuration_passes():
    assert check({**WHOLE, "task_weights": {"a": 2.0, "b": 0.5}}).task_weights == {"a": 2.0, "b": 0.5}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"head_widht": 3}, "unknown hyperparameter 'head_widht' (did you mean head_width?)"),
        ({"freezing_depth": 6}, "freezing_depth = 6, but the backbone has 5 stages (0..5)"),
        ({"backbone_learning_rate": None}, "backbone_learning_rate is needed"),
        ({"dropout": 1.0}, "dropout = 1.0"),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"optimizer": "adamm"}, "optimizer = 'adamm'"),
        ({"head_learning_rate": float("nan")}, "head_learning_rate = nan"),
        ({"pooling": "mean"}, "pooling = 'mean', but the backbone has one pooling only; leave it out"),
        ({"task_weights": {"c": 1.0}}, "unknown task 'c'"),
        ({"task_weights": {"a": -1.0}}, "a = -1.0; must be finite and not negative"),
        ({"task_weights": {"a": 0.0, "b": 0.0}}, "all are 0"),
        ({"task_balancing": "pcgrat"}, "task_balancing = 'pcgrat'"),
        ({"cagrad_c": 1.0}, "cagrad_c = 1.0"),
        ({"task_balancing": "mgda", "task_sampling_exponent": 0.5}, "there is none to draw"),
    ],
)
def test_bad_values_are_named(changes, words):
    with pytest.raises(InputError) as caught:
        check({**WHOLE, **changes})
    assert words in str(caught.value)
    assert "space mine:space" in str(caught.value)


def test_a_pooling_is_one_of_the_backbones():
    assert check({**WHOLE, "pooling": "mean"}, poolings=("cls", "mean")).pooling == "mean"
    with pytest.raises(InputError, match=r"unknown pooling 'max'; allowed: cls, mean"):
        check({**WHOLE, "pooling": "max"}, poolings=("cls", "mean"))


def test_one_task_is_not_balanced():
    with pytest.raises(InputError, match="task_balancing = famo, but there is one task, a, and nothing to balance"):
        check({**WHOLE, "task_balancing": "famo"}, tasks=("a",))


def test_a_batch_that_is_balanced_whole_is_not_computed_in_parts():
    with pytest.raises(InputError, match="accumulation_steps = 2, but task_balancing = nash_mtl goes by whole batches"):
        check({**WHOLE, "task_balancing": "nash_mtl", "accumulation_steps": 2})


@pytest.mark.parametrize(("package", "method"), [("torchjd", "mgda"), ("cvxpy", "cagrad")])
def test_what_a_method_needs_and_is_not_there_is_named_with_its_extra(monkeypatch, package, method):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"{method} needs {package}: pip install 'pretrained-study\[multitask\]'"):
        check({**WHOLE, "task_balancing": method})
    assert check({**WHOLE, "task_balancing": "nash_mtl"}).task_balancing.value == "nash_mtl"


def test_all_stages_frozen_need_no_backbone_learning_rate():
    assert check({"freezing_depth": 5, "head_learning_rate": 0.1, "batch_size": 8}).backbone_learning_rate is None


def test_a_space_must_return_a_mapping():
    with pytest.raises(InputError, match="returned a list"):
        check([1, 2])
