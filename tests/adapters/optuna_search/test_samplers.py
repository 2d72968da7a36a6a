from __future__ import annotations

import math
import warnings
from typing import Any

import pytest

from study.values.states import TrialState


def _params(study: Any) -> list[dict[str, Any]]:
    return [trial.hyperparameters.model_dump() for trial in study.asked()]


@pytest.mark.parametrize("startup", [0, 1, 4])
def test_exactly_the_startup_trials_are_random_however_many_run_at_once(bench: Any, startup: int) -> None:
    search = {"startup_trials": startup}
    tpe = bench.passing_study(bench.spec(search=search))
    for number in range(8):
        tpe.ask(number)
    random = bench.passing_study(bench.spec(name="random", search={**search, "sampler": "random"}))
    for number in range(8):
        random.ask(number)
    equal = [ours == drawn for ours, drawn in zip(_params(tpe), _params(random), strict=True)]
    assert equal == [True] * startup + [False] * (8 - startup)


def test_trials_asked_for_in_parallel_keep_away_from_those_running(bench: Any) -> None:
    bench.write(
        """
        def space(trial, arm):
            dropout = trial.suggest_float("dropout", 0.0, 0.9)
            return {"freezing_depth": 4, "head_learning_rate": 0.1, "batch_size": 8, "dropout": dropout}
        """
    )
    study = bench.passing_study(bench.spec(search={"startup_trials": 1}))
    drawn = [study.ask(number).hyperparameters.dropout for number in range(5)]
    # The second is drawn knowing only that the first runs: it lands in the other half.
    assert (drawn[0] < 0.45) != (drawn[1] < 0.45)
    assert max(drawn) - min(drawn) > 0.5


def test_no_warning_reaches_the_person(bench: Any) -> None:
    study = bench.passing_study(bench.spec(search={"startup_trials": 1}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(4):
            trial = study.ask(number)
            study.finish(trial.arm_number, TrialState.COMPLETE, 0.1 * number)


def test_tpe_searches_where_it_is_good(bench: Any) -> None:
    mean_loss = {"tpe": 0.0, "random": 0.0}
    for sampler in mean_loss:
        for seed in range(2):
            spec = bench.spec(name=f"{sampler}{seed}", seed=seed, search={"sampler": sampler, "startup_trials": 8})
            study = bench.passing_study(spec)
            mean_loss[sampler] += sum([_play(study, number) for number in range(25)][8:])
    assert mean_loss["tpe"] < 0.7 * mean_loss["random"]


def _play(study: Any, number: int) -> float:
    trial = study.ask(number)
    values = trial.hyperparameters
    loss = (values.dropout - 0.3) ** 2 + (math.log10(values.head_learning_rate) / 4 + 0.5) ** 2
    study.finish(trial.arm_number, TrialState.COMPLETE, -loss)
    return float(loss)
