from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from study.adapters.optuna_search import space_problems
from study.values.arm import build_arms
from study.values.protocols import Protocol
from study.values.spec import StudySpec

FIXED = "'freezing_depth': 4, 'head_learning_rate': 0.1, 'batch_size': 8"


def _problems(bench: Any, facts: Any, spec: StudySpec, **changes: Any) -> list[str]:
    return [
        str(problem)
        for problem in space_problems(
            spec.search, [facts(arm, **changes) for arm in build_arms(spec)], root=bench.root, seed=spec.seed
        )
    ]


def test_a_good_space_has_no_problems_and_leaves_nothing_behind(bench: Any, facts: Any, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert _problems(bench, facts, bench.spec()) == []
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "__pycache__"] == before


@pytest.mark.parametrize("protocol", list(Protocol))
def test_the_shipped_spaces_are_good(bench: Any, facts: Any, protocol: Protocol) -> None:
    tasks = [{"name": name, "data": "digits"} for name in ("a", "b")]
    spec = bench.spec(protocols=[protocol], tasks=tasks, search={"space": None})
    assert _problems(bench, facts, spec) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"return {{{FIXED}, 'droput': 0.1}}", "unknown hyperparameter 'droput' (did you mean dropout?)"),
        (f"return {{{FIXED}, 'dropout': trial.suggest_float('dropout', 1.5, 3.0)}}", "dropout = "),
        ("return {'freezing_depth': 9, 'head_learning_rate': 0.1, 'batch_size': 8}", "the backbone has 4 stages"),
        (f"return {{**{{{FIXED}}}, 'batch_size': 512}}", "batch_size = 512, but the smallest training split of"),
        ("return {'freezing_depth': 4, 'batch_size': 8}", "head_learning_rate = "),
        ("trial.suggest_int('x', 3, 1)", "raised ValueError"),
        ("return 1 / 0", "raised ZeroDivisionError for arm linear_probe/resnet18/a: division by zero"),
        ("return None", "returned a NoneType; it must return a dict"),
        ("return {'freezing_depth': 0, 'head_learning_rate': 1, 'batch_size': 8}", "leaves stages to train"),
    ],
)
def test_each_fault_is_said_once(bench: Any, facts: Any, body: str, said: str) -> None:
    bench.write(f"def space(trial, arm):\n    {body}\n")
    (problem,) = _problems(bench, facts, bench.spec())
    assert problem.startswith("search.space: space space.py:space")
    assert said in problem


def test_a_fault_of_some_configurations_only_is_found(bench: Any, facts: Any) -> None:
    size = "trial.suggest_categorical('batch_size', [8, 512])"
    bench.write(f"def space(trial, arm):\n    return {{**{{{FIXED}}}, 'batch_size': {size}}}\n")
    (problem,) = _problems(bench, facts, bench.spec(), num_train=100)
    assert "batch_size = 512" in problem
    assert "100 examples" in problem


def test_several_arms_with_the_same_fault_say_it_once(bench: Any, facts: Any) -> None:
    bench.write(f"def space(trial, arm):\n    return {{{FIXED}, 'droput': 0.1}}\n")
    spec = bench.spec(backbones=["resnet18", "resnet34"], protocols=["linear_probe", "fine_tuning"])
    assert len(_problems(bench, facts, spec)) == 1


@pytest.mark.parametrize("signature", ["trial", "trial, arm, more", "*, trial, arm"])
def test_a_space_that_cannot_be_called_says_what_it_must_take(bench: Any, facts: Any, signature: str) -> None:
    bench.write(f"def space({signature}):\n    return {{}}\n")
    (problem,) = _problems(bench, facts, bench.spec())
    assert "must take two arguments, (trial, arm)" in problem


def test_a_missing_space_is_placed_where_it_was_named(bench: Any, facts: Any) -> None:
    spec = bench.spec(search={"space": {"linear_probe": "space.py:spaec"}})
    (problem,) = _problems(bench, facts, spec)
    assert problem.startswith("search.space.linear_probe: unknown function of space.py 'spaec' (did you mean space?)")


def test_a_grid_over_continuous_parameters_names_each(bench: Any, facts: Any) -> None:
    found = _problems(bench, facts, bench.spec(search={"sampler": "grid"}))
    start = "search.space: space space.py:space: "
    assert sorted(text.removeprefix(start).partition(",")[0] for text in found) == [
        "dropout is continuous (0.0 to 0.9)",
        "head_learning_rate is continuous (0.0001 to 1.0)",
        "momentum is continuous (0.0 to 0.99)",
    ]
