"""A search that begins where trials cost little."""

from __future__ import annotations

from typing import Any

import pytest
from builders import following

from study.adapters.optuna_search.low_cost_start import starting_depths
from study.adapters.optuna_search.probing import space_problems
from study.values.arm import build_arms
from study.values.records import TrialRecord
from study.values.states import TrialState

SPACE = """
def space(trial, arm):
    depth = trial.suggest_int("freezing_depth", arm.min_freezing_depth, arm.max_freezing_depth)
    values = {
        "freezing_depth": depth,
        "batch_size": 8,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-4, 1.0, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.9),
    }
    if depth < arm.num_stages:
        values["backbone_learning_rate"] = trial.suggest_float("backbone_learning_rate", 1e-5, 1e-2, log=True)
    return values
"""
CHEAP: dict[str, Any] = {"low_cost_start": True, "startup_trials": 3, "trials": 8}


def _play(source: Any, trained: Any, record: TrialRecord) -> TrialRecord:
    values = record.plan.hyperparameters
    done = trained(record, *[1 - (values.dropout - 0.3) ** 2 - 0.1 * values.freezing_depth] * 3)
    for epoch in done.epochs:
        source.report(done.plan, epoch)
    done = done.ended(TrialState.COMPLETE, at=1.0)
    source.finish(done)
    return done


def _all(source: Any, trained: Any) -> list[TrialRecord]:
    return [_play(source, trained, record) for record in iter(lambda: following(source), None)]


@pytest.mark.parametrize(("sampler", "trials"), [("tpe", 9), ("gp", 8)])
def test_first_trials_are_at_the_cheapest_depth_and_then_a_step_down_each(
    bench: Any, trained: Any, sampler: str, trials: int
) -> None:
    bench.write(SPACE)
    spec = bench.spec(protocols=["fine_tuning"], search={**CHEAP, "sampler": sampler, "trials": trials})
    records = _all(bench.source(spec), trained)
    depths = [record.plan.hyperparameters.freezing_depth for record in records]
    assert depths[:7] == [4, 4, 4, 3, 2, 1, 0][:trials]
    assert len({record.plan.hyperparameters.model_dump_json() for record in records}) == trials


def test_where_the_cheapest_depth_has_no_other_configuration_it_goes_on_at_others(bench: Any, trained: Any) -> None:
    listed = {'"head_learning_rate", 1e-4, 1.0, log=True': '"head_learning_rate", 0.1, 0.2, step=0.1'}
    listed['"dropout", 0.0, 0.9'] = '"dropout", 0.0, 0.0, step=0.1'
    source = SPACE
    for whole, finite in listed.items():
        source = source.replace(whole, finite)
    bench.write(source)
    spec = bench.spec(protocols=["fine_tuning"], search={**CHEAP, "trials": 9})
    records = _all(bench.source(spec), trained)
    assert len(records) == 9
    assert [record.plan.hyperparameters.freezing_depth == 4 for record in records].count(True) == 2


def test_a_search_that_was_interrupted_at_any_trial_goes_on_as_if_it_had_not_been(bench: Any, trained: Any) -> None:
    bench.write(SPACE)
    spec = bench.spec(protocols=["fine_tuning"], search=CHEAP)
    whole = _all(bench.source(spec), trained)
    (bench.root / "study").rename(bench.root / "whole")
    earlier: dict[int, TrialRecord] = {}
    for _ in range(8):
        source = bench.source(spec, earlier)
        done = _play(source, trained, following(source))
        earlier[done.plan.number] = done
    assert [record.plan.hyperparameters for record in earlier.values()] == [r.plan.hyperparameters for r in whole]


def test_an_arm_of_one_depth_begins_as_ever(bench: Any) -> None:
    bench.write(SPACE)
    for protocol, depth in (("from_scratch", 0), ("linear_probe", 4)):
        source = bench.source(bench.spec(name=protocol, protocols=[protocol], search=CHEAP))
        depths = [following(source).plan.hyperparameters.freezing_depth for _ in range(4)]
        assert depths == [depth] * 4


def test_steps_down_are_at_most_four_and_end_at_the_smallest_depth() -> None:
    assert starting_depths(0, 13, 2) == (13, 13, 12, 8, 4, 0)
    assert starting_depths(0, 1, 2) == (1, 1, 0)
    assert starting_depths(4, 4, 2) == (4, 4)


@pytest.mark.parametrize(
    ("suggestion", "is_refused"),
    [
        ('trial.suggest_int("freezing_depth", 0, 4)', False),
        ('trial.suggest_categorical("freezing_depth", [0, 2, 4])', False),
        ('trial.suggest_int("depth", 0, 4)', True),
        ('int(trial.suggest_categorical("freezing_depth", ["0", "4"]))', True),
    ],
)
def test_a_space_must_have_the_parameter_as_a_number(bench: Any, facts: Any, suggestion: str, is_refused: bool) -> None:
    bench.write(f"""
        def space(trial, arm):
            return {{
                "freezing_depth": {suggestion}, "head_learning_rate": 0.1, "backbone_learning_rate": 0.1,
                "batch_size": 8,
            }}
    """)
    spec = bench.spec(protocols=["fine_tuning"], search=CHEAP)
    problems = space_problems(spec.search, [facts(build_arms(spec)[0])], bench.root, seed=0)
    said = [problem for problem in problems if "suggests no whole number called freezing_depth" in problem.message]
    assert len(said) == len(problems) == is_refused


def test_other_samplers_are_refused(bench: Any) -> None:
    with pytest.raises(ValueError, match=r"low_cost_start needs sampler tpe or gp, .* not random"):
        bench.spec(search={**CHEAP, "sampler": "random"})
