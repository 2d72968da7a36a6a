from __future__ import annotations

import itertools
from typing import Any

import optuna
import pytest
from builders import following

from study.adapters.optuna_search import open_storage
from study.adapters.optuna_search.grid import grid_values
from study.values.problems import InputError
from study.values.states import TrialState

GRID = """
def space(trial, arm):
    depth = trial.suggest_int("head_depth", 0, 2)
    values = {
        "freezing_depth": trial.suggest_int("freezing_depth", 4, 4),
        "batch_size": trial.suggest_categorical("batch_size", [8, 16]),
        "head_learning_rate": 0.1,
        "head_depth": depth,
    }
    if depth:
        values["dropout"] = trial.suggest_float("dropout", 0.1, 0.3, step=0.1)
    return values
"""
COMBINATIONS = {(0, size, 0.0) for size in (8, 16)} | set(itertools.product((1, 2), (8, 16), (0.1, 0.2, 0.3)))


def _key(trial: Any) -> tuple[int, int, float]:
    values = trial.hyperparameters
    return values.head_depth, values.batch_size, values.dropout


@pytest.mark.parametrize("parallel", [1, 5, 100])
def test_every_combination_once_and_then_no_more(bench: Any, parallel: int) -> None:
    bench.write(GRID)
    study = bench.passing_study(bench.spec(search={"sampler": "grid", "trials": 50}))
    taken, running = [], []
    while (trial := study.ask(len(taken))) is not None:
        taken.append(_key(trial))
        running.append(trial)
        if len(running) >= parallel:
            ended = running.pop(0)
            state = list(TrialState)[1 + ended.number % 3]
            study.finish(ended.arm_number, state, 0.5, None)
    assert len(taken) == len(COMBINATIONS)
    assert set(taken) == COMBINATIONS
    assert study.ask(99) is None


def test_the_order_is_random_and_follows_the_seed(bench: Any) -> None:
    bench.write(GRID)
    orders = []
    for name, seed in [("one", 1), ("again", 1), ("two", 2)]:
        study = bench.passing_study(bench.spec(name=name, seed=seed, search={"sampler": "grid"}))
        orders.append([_key(study.ask(number)) for number in range(8)])
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_what_broke_off_between_suggestions_takes_no_combination(bench: Any) -> None:
    bench.write(GRID)
    spec = bench.spec(search={"sampler": "grid", "trials": 50})
    study = bench.arm_study(spec)
    first = study.ask(0)
    plain = optuna.load_study(study_name=f"bench/{study.arm.id}", storage=open_storage(None, bench.root / "study"))
    half = plain.ask()
    half.suggest_int("head_depth", 0, 2)
    study.discard_orphans()
    keys = [_key(first)]
    while (trial := study.ask(len(keys))) is not None:
        keys.append(_key(trial))
    assert sorted(keys) == sorted(COMBINATIONS)


def test_a_space_without_choices_has_one_combination(bench: Any) -> None:
    bench.write('def space(trial, arm):\n    return {"freezing_depth": 4, "batch_size": 8, "head_learning_rate": 0.1}')
    study = bench.passing_study(bench.spec(search={"sampler": "grid"}))
    assert study.ask(0) is not None
    assert study.ask(1) is None


def test_a_source_whose_grid_is_used_up_ends_early(bench: Any) -> None:
    bench.write(GRID)
    source = bench.source(bench.spec(search={"sampler": "grid", "trials": 50}))
    records = list(iter(lambda: following(source), None))
    assert [record.plan.number for record in records] == list(range(len(COMBINATIONS)))


def test_values_of_a_step_are_those_a_person_means() -> None:
    distribution = optuna.distributions.FloatDistribution(0.1, 0.7, step=0.2)
    assert grid_values("x", distribution) == [0.1, 0.3, 0.5, 0.7]


def test_a_continuous_parameter_is_named(bench: Any) -> None:
    study = bench.passing_study(bench.spec(search={"sampler": "grid"}))
    with pytest.raises(
        InputError, match=r"space space\.py:space: head_learning_rate is continuous \(0\.0001 to 1\.0\)"
    ):
        study.ask(0)
