"""An arm that begins with given configurations: they come first, once, whatever happens in between."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from study.adapters.optuna_search import open_storage
from study.adapters.optuna_search.arm_study import WARM_START, ArmStudy
from study.adapters.optuna_search.space import Space
from study.adapters.optuna_search.warm_start import is_within, misfit
from study.values.arm import build_arms
from study.values.flat import flat
from study.values.states import TrialState
from study.values.warm_start import WarmConfiguration

LINEAR = {"head_depth": 0, "head_learning_rate": 0.5, "dropout": 0.25, "optimizer": "sgd", "momentum": 0.5}
DEEP = {"head_depth": 2, "head_learning_rate": 0.01, "dropout": 0.0, "optimizer": "adamw", "head_width": 32}


def _opened(bench: Any, facts: Any, spec: Any, warm: list[WarmConfiguration]) -> ArmStudy:
    arm = build_arms(spec)[0]
    space = Space.load("space.py:space", bench.root)
    storage = open_storage(None, bench.root / "study")
    return ArmStudy(arm, facts(arm), space, spec=spec, storage=storage, warm=warm)


def _warm() -> list[WarmConfiguration]:
    return [WarmConfiguration(values=values, source=f"old trial {n}") for n, values in enumerate((LINEAR, DEEP))]


def test_given_configurations_come_first_and_the_rest_is_as_without(bench: Any, facts: Any) -> None:
    spec = bench.spec()
    warm, plain = _opened(bench, facts, spec, _warm()), bench.passing_study(spec)
    drawn, others = ([study.ask(number).hyperparameters for number in range(4)] for study in (warm, plain))
    for given, values in zip((LINEAR, DEEP), drawn, strict=False):
        assert flat(values).items() >= given.items()
    assert drawn[2:] == others[2:], "random trials are what they would be"
    told = optuna.load_study(
        study_name="bench/linear_probe/resnet18/a", storage=open_storage(None, bench.root / "study")
    )
    assert [trial.user_attrs.get(WARM_START) for trial in told.trials] == ["old trial 0", "old trial 1", None, None]


def test_a_study_that_goes_on_has_what_is_left(bench: Any, facts: Any) -> None:
    spec = bench.spec()
    _opened(bench, facts, spec, _warm()).ask(0)
    again = _opened(bench, facts, spec, _warm())
    assert flat(again.ask(1).hyperparameters).items() >= DEEP.items()
    assert flat(again.ask(2).hyperparameters)["head_learning_rate"] not in (0.5, 0.01)


def test_given_configurations_are_parents_of_a_genetic_search(bench: Any, facts: Any) -> None:
    spec = bench.spec(search={"sampler": "nsga2", "population": 2, "trials": 40})
    study = _opened(bench, facts, spec, _warm())
    for number in range(2):
        study.finish(study.ask(number).arm_number, TrialState.COMPLETE, 1.0)
    # Children of two parents, but for mutations, have what one of them had.
    children = [flat(study.ask(number).hyperparameters) for number in range(2, 12)]
    inherited = sum(child["dropout"] in (LINEAR["dropout"], DEEP["dropout"]) for child in children)
    assert inherited >= 5


def test_what_a_space_cannot_draw_is_named(bench: Any, facts: Any) -> None:
    arm = build_arms(bench.spec())[0]
    space = Space.load("space.py:space", bench.root)
    assert misfit(LINEAR, space, facts(arm)) is None
    assert misfit({"dropout": 0.1}, space, facts(arm)) is None, "the rest is drawn"
    assert misfit({**DEEP, "head_width": 1024}, space, facts(arm)) == "the space has no head_width = 1024"
    # A configuration without a hidden layer has no use for its width, and is what it is.
    assert misfit({**LINEAR, "batch_size": 8, "freezing_depth": 3}, space, facts(arm)) == (
        "the space has no freezing_depth = 3"
    )


@pytest.mark.parametrize(
    ("source", "method"),
    [("search_spaces.adapters:adapters", "adapter_width"), ("search_spaces.low_rank:low_rank", "lora_rank")],
)
def test_configurations_of_spaces_with_switches_begin_as_themselves(
    bench: Any, facts: Any, source: str, method: str
) -> None:
    spec = bench.spec(protocols=["fine_tuning"], search={"trials": 50})
    arm = build_arms(spec)[0]
    known = facts(arm, block_stages=(0, 1, 2, 3), convolution_stages=(0, 1, 2, 3))
    space = Space.load(source, bench.root)
    sampled = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    configurations = [flat(space.suggest(sampled.ask(), known)) for _ in range(25)]
    assert {method in values for values in configurations} == {True, False}
    assert [misfit(values, space, known) for values in configurations] == [None] * 25
    assert misfit({**configurations[0], "batch_size": 7}, space, known) == "the space has no batch_size = 7"
    warm = [WarmConfiguration(values=values, source="old") for values in configurations]
    study = ArmStudy(arm, known, space, spec=spec, storage=open_storage(None, bench.root / "study"), warm=warm)
    assert [flat(study.ask(number).hyperparameters) for number in range(25)] == configurations


@pytest.mark.parametrize(
    ("value", "distribution", "within"),
    [
        (0.3, FloatDistribution(0.1, 0.5, step=0.1), True),
        (0.35, FloatDistribution(0.1, 0.5, step=0.1), False),
        (0.6, FloatDistribution(0.1, 0.5), False),
        ("a", FloatDistribution(0.1, 0.5), False),
        (None, FloatDistribution(0.1, 0.5), False),
        (4, IntDistribution(1, 8), True),
        (4.0, IntDistribution(1, 8), True),
        (4.5, IntDistribution(1, 8), False),
        (4, IntDistribution(1, 9, step=2), False),
        (True, IntDistribution(0, 1), False),
        ("sgd", CategoricalDistribution(["sgd", "adamw"]), True),
        (None, CategoricalDistribution(["sgd", "adamw"]), False),
    ],
)
def test_a_value_is_within_a_distribution_or_not(value: Any, distribution: Any, within: bool) -> None:
    assert is_within(value, distribution) is within
