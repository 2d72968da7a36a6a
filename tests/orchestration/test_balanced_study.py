"""A study that searches how tasks share a backbone, on real digits: on Ray, and refused before there is any."""

import sys
from pathlib import Path

import pytest

import study
from study.orchestration.study import Study
from study.orchestration.validation import check_spec
from study.values.problems import InputError
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"
SPACE = "search_spaces.multi_task_methods:multi_task_methods"


def asked():
    return study.StudySpec.model_validate(
        {
            "name": "balanced",
            "protocols": ["shared_representation"],
            "backbones": ["parts.py:small_net"],
            "tasks": [
                {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
                {"name": "odd", "data": "parts.py:two_labels", "target": "odd"},
                {"name": "more", "data": "parts.py:more_digits"},
            ],
            "search": {"trials": 6, "space": SPACE, "sampler": "random", "scheduler": {"kind": "none"}},
            "budget": {"epochs": 1},
            "assessment": {"seeds": 1},
        }
    )


@pytest.mark.ray
def test_every_trial_is_trained_by_the_method_that_was_drawn_for_it(tmp_path, local_ray):
    one = Study(asked(), tmp_path / "run", root=OWN)
    one.run(quiet=True)
    records = one._records().read_all()
    assert {record.state for record in records} == {TrialState.COMPLETE}
    methods = {record.plan.hyperparameters.task_balancing.value for record in records}
    assert len(methods) >= 3
    for record in records:
        method = record.plan.hyperparameters.task_balancing.value
        assert record.epochs[0].notes.get("task_balancing", "weighted_sum") == method
    assert len(one.leaderboard()) == 3, "a row a task"


def test_a_space_whose_methods_need_what_is_not_installed_is_refused_once_a_method(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchjd", None)
    with pytest.raises(InputError) as caught:
        check_spec(asked(), root=OWN)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 3
    assert all("needs torchjd: pip install 'pretrained-study[multitask]'" in one for one in told)
    assert all(one.startswith("search.space: ") for one in told)
