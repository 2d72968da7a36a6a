"""Samplers beside TPE: what they draw, that a restart changes nothing, and that they find what is good."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import optuna
import pytest

from study.adapters.optuna_search import sampler_problems
from study.adapters.optuna_search.drawing import draw
from study.adapters.optuna_search.history import History
from study.values.arm import build_arms
from study.values.problems import InputError
from study.values.seeds import derive_seed
from study.values.spec import Sampler, SearchSpec
from study.values.states import TrialState

OTHERS = {"gp": {"startup_trials": 6}, "cmaes": {"population": 4}, "nsga2": {"population": 3}, "qmc": {}}


@pytest.fixture(autouse=True)
def calm() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def _play(study: Any, number: int) -> dict[str, Any]:
    trial = study.ask(number)
    values = trial.hyperparameters
    state = TrialState.PRUNED if number % 4 == 2 else TrialState.COMPLETE
    study.report(trial.arm_number, 1, values.dropout)
    study.finish(trial.arm_number, state, values.dropout)
    return dict(values.model_dump())


@pytest.mark.parametrize("sampler", OTHERS)
def test_resumed_after_every_trial_it_asks_what_an_undisturbed_one_asks(bench: Any, sampler: str) -> None:
    search = {"sampler": sampler, "startup_trials": 4, **OTHERS[sampler]}
    undisturbed = bench.arm_study(bench.spec(search=search))
    expected = [_play(undisturbed, number) for number in range(8)]
    (bench.root / "study/optuna.db").unlink()
    resumed = [_play(bench.arm_study(bench.spec(search=search)), number) for number in range(8)]
    assert resumed == expected
    assert len({json.dumps(values) for values in expected}) == 8


def _regret(sampler: Sampler, seed: int, trials: int) -> float:
    """Return how far the best of some trials is from the least value of Branin's function (0.397887)."""
    search = SearchSpec(sampler=sampler, trials=trials)
    history = History(None)
    study = optuna.create_study(storage=history)
    asked: list[int] = []
    found: list[float] = []

    def suggest(trial: optuna.Trial) -> float:
        x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
        bowl = (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2
        return float(bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)

    for _ in range(trials):
        drawn = draw(
            study,
            search,
            asked=[history.get_trial(number) for number in asked],
            seed_of=partial(derive_seed, seed, "arm"),
            suggest=suggest,
            is_taken=found.__contains__,
        )
        assert drawn is not None
        trial, value = drawn
        study.tell(trial, value)
        asked.append(trial._trial_id)
        found.append(value)
    return min(found) - 0.397887


def test_cma_es_comes_nearer_to_the_best_than_random_search() -> None:
    ours, random = ([_regret(kind, seed, 50) for seed in range(7)] for kind in (Sampler.CMAES, Sampler.RANDOM))
    assert median(ours) < 0.6 * median(random)


def test_quasi_random_points_fill_every_eighth_of_a_range_once(bench: Any) -> None:
    bench.write(
        """
        def space(trial, arm):
            kind = trial.suggest_categorical("optimizer", ["adamw", "sgd"])
            values = {"freezing_depth": 4, "head_learning_rate": 0.1, "batch_size": 8, "optimizer": kind}
            if kind == "sgd":
                values["momentum"] = trial.suggest_float("momentum", 0.0, 0.9)
            return {**values, "dropout": trial.suggest_float("dropout", 0.0, 0.8)}
        """
    )
    study = bench.passing_study(bench.spec(search={"sampler": "qmc", "trials": 16}))
    drawn = [study.ask(number).hyperparameters for number in range(16)]
    for start in (0, 8):
        # The first coordinates of 2^m successive points of a scrambled Sobol sequence are one in each 2^-m of [0, 1].
        cells = {int(values.dropout / 0.1) for values in drawn[start : start + 8]}
        assert cells == set(range(8)), "a conditional parameter before it takes nothing from its dimension"


FINITE = """
def space(trial, arm):
    depth = trial.suggest_int("head_depth", 0, 1)
    width = trial.suggest_categorical("head_width", [8, 16]) if depth else 256
    rate = trial.suggest_categorical("head_learning_rate", [0.1, 0.01])
    return {"freezing_depth": 4, "batch_size": 8, "head_depth": depth, "head_width": width, "head_learning_rate": rate}
"""


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2", "qmc"])
@pytest.mark.parametrize("parallel", [1, 4])
def test_no_configuration_is_run_twice_and_a_finite_space_is_run_whole(bench: Any, sampler: str, parallel: int) -> None:
    bench.write(FINITE)
    study = bench.passing_study(bench.spec(search={"sampler": sampler, "trials": 60, "startup_trials": 3}))
    seen, running = [], []
    while (trial := study.ask(len(seen))) is not None:
        seen.append((trial.hyperparameters.head_width, trial.hyperparameters.head_learning_rate))
        running.append(trial.arm_number)
        if len(running) >= parallel:
            study.finish(running.pop(0), TrialState.COMPLETE, 0.5)
    assert sorted(seen) == sorted((width, rate) for width in (8, 16, 256) for rate in (0.1, 0.01))


def test_after_a_restart_it_still_knows_what_was_run(bench: Any) -> None:
    bench.write(FINITE)
    spec = bench.spec(search={"trials": 50, "startup_trials": 3})
    seen = set()
    for number in range(6):
        trial = bench.arm_study(spec).ask(number)
        seen.add((trial.hyperparameters.head_width, trial.hyperparameters.head_learning_rate))
    assert len(seen) == 6
    assert bench.arm_study(spec).ask(6) is None


def test_a_generation_larger_than_the_search_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"search\.trials = 40 never gets beyond its first generation.* of 50"):
        SearchSpec(sampler=Sampler.NSGA2, trials=40)


def test_what_a_hub_would_have_is_named_and_never_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: Any
) -> None:
    monkeypatch.setenv("OPTUNAHUB_CACHE_HOME", str(tmp_path))
    (problem,) = sampler_problems(SearchSpec(sampler=Sampler.AUTO))
    assert problem.location == ("search", "sampler")
    assert f"not in {tmp_path}" in problem.message
    assert sampler_problems(SearchSpec(sampler=Sampler.CMAES)) == []


def test_a_sampler_of_a_folder_of_the_hub_is_used_as_it_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: Any
) -> None:
    monkeypatch.setenv("OPTUNAHUB_CACHE_HOME", str(tmp_path))
    package = tmp_path / "github.com/optuna/optunahub-registry/main/package/samplers/auto_sampler"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import optuna\n\nclass AutoSampler(optuna.samplers.RandomSampler):\n    pass\n"
    )
    search = SearchSpec(sampler=Sampler.AUTO)
    assert sampler_problems(search) == []
    study = bench.passing_study(bench.spec(search={"sampler": "auto"}))
    assert len({study.ask(number).hyperparameters.dropout for number in range(4)}) == 4


@pytest.mark.parametrize("sampler", ["gpx", "cma"])
def test_an_unknown_sampler_is_refused(bench: Any, sampler: str) -> None:
    with pytest.raises((InputError, ValueError), match="sampler"):
        bench.spec(search={"sampler": sampler})


def test_what_an_earlier_version_ran_is_not_run_again(bench: Any) -> None:
    bench.write(FINITE)
    spec = bench.spec(search={"trials": 50, "startup_trials": 3})
    for number in range(6):
        assert bench.arm_study(spec).ask(number) is not None
    plain = optuna.load_study(
        study_name=f"bench/{build_arms(spec)[0].id}", storage=f"sqlite:///{bench.root}/study/optuna.db"
    )
    for trial in plain.trials:
        had = dict(trial.user_attrs["hyperparameters"])
        for name in ("ema_decay", "task_balancing", "pooling"):
            del had[name]
        plain._storage.set_trial_user_attr(trial._trial_id, "hyperparameters", had)
    assert bench.arm_study(spec).ask(6) is None
