"""Costs reach Optuna: as further objectives, and as constraints; and it searches by them."""

from __future__ import annotations

import math
import warnings
from typing import Any

import optuna
import pytest
from builders import following

from study.adapters.optuna_search import rebuild_storage
from study.adapters.optuna_search.history import shown_of_several
from study.values.arm import build_arms
from study.values.metric_names import Cost
from study.values.records import TrialRecord
from study.values.states import TrialState

WITHIN = {"constraints": {"parameters": {"max": 200}}}
BESIDE = {"objectives": ["parameters"], "scheduler": {"kind": "none"}}


def _stored(bench: Any) -> optuna.Study:
    return optuna.load_study(
        study_name="bench/linear_probe/resnet18/a", storage=f"sqlite:///{bench.root}/study/optuna.db"
    )


def _ended(record: TrialRecord, trained: Any, *, objective: float = 0.5, **costs: float) -> TrialRecord:
    record = trained(record, objective)
    epochs = tuple(epoch.model_copy(update={"costs": costs}) for epoch in record.epochs)
    return record.model_copy(update={"epochs": epochs}).ended(TrialState.COMPLETE, at=1.0)


def test_a_trial_is_told_with_its_costs_and_by_how_much_it_exceeds_limits(bench: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 3, **BESIDE, **WITHIN})
    source = bench.source(spec)
    plan = following(source).plan
    assert (plan.measured, plan.limits) == ((Cost.PARAMETERS,), {Cost.PARAMETERS: 200})
    asked = [following(source), following(source)]
    ended = [_ended(asked[0], trained, parameters=300.0), _ended(asked[1], trained, objective=0.4, parameters=100.0)]
    source.finish(ended[0])
    # The other one ended when nobody could tell Optuna.
    bench.source(spec, {record.plan.number: record for record in ended})
    told = _stored(bench)
    assert [direction.name for direction in told.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert [trial.values for trial in told.trials[1:]] == [[0.5, 300.0], [0.4, 100.0]]
    assert [trial.constraints for trial in told.trials[1:]] == [{"parameters": 0.5}, {"parameters": -0.5}]
    assert [trial.number for trial in told.best_trials] == [2]


def test_a_trial_of_which_a_cost_is_not_known_has_failed(bench: Any, trained: Any) -> None:
    source = bench.source(bench.spec(search=BESIDE))
    source.finish(_ended(following(source), trained))
    [trial] = _stored(bench).trials
    assert trial.state.name == "FAIL"
    assert trial.user_attrs["reason"] == "parameters is nan"


def test_a_database_made_again_has_every_objective(bench: Any, trained: Any) -> None:
    spec = bench.spec(search=BESIDE)
    source = bench.source(spec)
    ended = _ended(following(source), trained, parameters=7.0)
    source.finish(ended)
    (bench.root / "study/optuna.db").unlink()
    rebuild_storage(bench.root / "study", spec.name, build_arms(spec), spec.search.objectives)
    bench.source(spec, {0: ended})
    assert _stored(bench).trials[0].values == [0.5, 7.0]


def _front_of(bench: Any, sampler: str, seed: int) -> float:
    """Return the hypervolume that 30 trials reach of a problem with two conflicting objectives, without training."""
    search = {"sampler": sampler, "trials": 30, "startup_trials": 8, **BESIDE}
    study = bench.passing_study(bench.spec(name=f"{sampler}{seed}", seed=seed, search=search))
    points = []
    for number in range(30):
        trial = study.ask(number)
        values = trial.hyperparameters
        waste = (math.log10(values.head_learning_rate) / 4 + 0.5) ** 2 + abs(values.head_depth - 1) / 4
        # 1 - sqrt(x) is the front of ZDT1 (Zitzler et al., 2000); here the first objective is maximised.
        points.append((values.dropout - waste, values.dropout**2 + waste))
        study.finish(trial.arm_number, TrialState.COMPLETE, points[-1][0], costs={"parameters": points[-1][1]})
    return _hypervolume(points)


def _hypervolume(points: list[tuple[float, float]]) -> float:
    """Return the area that points dominate, of what is above -1 (to be maximised) and below 2 (to be minimised)."""
    area, best = 0.0, -1.0
    for gain, cost in sorted(points, key=lambda point: point[1]):
        if gain > best and cost < 2:
            area += (gain - best) * (2 - cost)
            best = gain
    return area


def test_tpe_finds_the_front_of_two_objectives_faster_than_chance(bench: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        volumes = {sampler: [_front_of(bench, sampler, seed) for seed in range(3)] for sampler in ("tpe", "random")}
    assert sum(volumes["tpe"]) > sum(volumes["random"]) + 0.1


def test_tpe_keeps_to_a_constraint(bench: Any) -> None:
    feasible = {}
    for search in ({}, {"constraints": {"parameters": {"max": 0.3}}}):
        study = bench.passing_study(bench.spec(name=f"with{len(search)}", search={"startup_trials": 8, **search}))
        kept = []
        for number in range(30):
            trial = study.ask(number)
            dropout = trial.hyperparameters.dropout
            # The best is where the limit is exceeded most.
            study.finish(trial.arm_number, TrialState.COMPLETE, dropout, costs={"parameters": dropout})
            kept.append(dropout <= 0.3)
        feasible[len(search)] = sum(kept[8:])
    assert feasible[1] > 2 * feasible[0] + 5


def test_of_many_trials_the_front_and_the_latest_are_shown() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    # Trial 3 has the best metric, trial 5 the least cost; all others are worse the older they are.
    for number in range(60):
        values = {3: [9.0, 9.0], 5: [-9.0, 0.0]}.get(number, [number / 60, 10 - number / 60])
        study.add_trial(optuna.trial.create_trial(values=values))
    shown = shown_of_several(study.trials, study.directions, limit=40)
    numbers = [trial.number for trial in shown]
    assert len(numbers) == 40
    assert {3, 5} <= set(numbers)
    assert numbers[-30:] == list(range(30, 60))


def test_what_keeps_to_the_limits_is_shown_before_what_is_better_beyond_them() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    kept = {2: [1.0, 8.0], 4: [2.0, 9.0]}
    for number in range(90):
        trial = optuna.trial.create_trial(
            values=kept.get(number, [100.0 + number, 0.0]),
            system_attrs={"constraints:parameters": -1.0 if number in kept else 90.0 - number},
        )
        study.add_trial(trial)
    numbers = [trial.number for trial in shown_of_several(study.trials, study.directions, limit=60)]
    assert {2, 4} <= set(numbers)
    assert len(numbers) == 60


@pytest.mark.parametrize("limit", [59, 100])
def test_of_few_trials_all_are_shown(limit: int) -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.add_trials([optuna.trial.create_trial(values=[1.0, 1.0]) for _ in range(59)])
    assert len(shown_of_several(study.trials, study.directions, limit=limit)) == 59
