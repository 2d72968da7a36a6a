"""A search whose arms race: one worker or several, packs, interruptions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from builders import following

from study.orchestration.assessment_plans import assessment_plans
from study.orchestration.contest import Contest
from study.orchestration.findings.leaving_out import leaving_out
from study.orchestration.status import study_status
from study.orchestration.watching import progress_of
from study.values.arm import build_arms
from study.values.records import TrialRecord
from study.values.states import TrialState

HEADS = """
def space(trial, arm):
    return {
        "freezing_depth": arm.num_stages,
        "batch_size": 8,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-4, 1.0, log=True),
    }
"""
WHOLE = """
def space(trial, arm):
    rate = trial.suggest_float("head_learning_rate", 1e-4, 1.0, log=True)
    return {"freezing_depth": 0, "batch_size": 8, "head_learning_rate": rate, "backbone_learning_rate": rate}
"""
BONUS = {"resnet18": 0.0, "resnet34": 0.2, "resnet50": 0.1, "resnet101": 0.3}
"""What makes a backbone better than any configuration could."""
ARMS: dict[str, Any] = {"backbones": list(BONUS), "budget": {"epochs": 1}}
RACE: dict[str, Any] = {"trials": 5, "sampler": "random", "racing": {"first_trials": 2}}
EXPECTED = {"resnet18": 2, "resnet34": 4, "resnet50": 2, "resnet101": 5}


def _spec(bench: Any, **changes: Any) -> Any:
    bench.write(HEADS)
    return bench.spec(**{**ARMS, "search": RACE, **changes})


def _end(source: Any, trained: Any, record: TrialRecord) -> TrialRecord:
    plan = record.plan
    done = trained(record, BONUS[plan.arm.backbone.name] + 0.01 * plan.hyperparameters.head_learning_rate)
    source.report(plan, done.epochs[0])
    done = done.ended(TrialState.COMPLETE, at=1.0)
    source.finish(done)
    return done


def _by_backbone(records: Any) -> dict[str, int]:
    return dict(Counter(record.plan.arm.backbone.name for record in records))


@pytest.mark.parametrize("num_running", [1, 3])
def test_arms_that_are_behind_get_no_more_trials(bench: Any, trained: Any, num_running: int, capsys: Any) -> None:
    spec = _spec(bench)
    source, running, ended = bench.source(spec), [], []
    while True:
        while len(running) < num_running and (record := following(source)) is not None:
            running.append(record)
        if num_running > 1:
            source.prepare()
        if not running:
            break
        ended.append(_end(source, trained, running.pop()))
    assert _by_backbone(ended) == EXPECTED
    arms = build_arms(spec)
    contest = Contest(spec, arms, ended)
    assert {name.split("/")[1]: one.num_trials for name, one in contest.stopped.items()} == {
        "resnet18": 2,
        "resnet34": 4,
        "resnet50": 2,
    }
    assert list(contest.to_be_assessed) == ["linear_probe/resnet101/a"]
    status = study_status(contest, directory="d", running=False)
    assert [(arm.remaining, arm.stopped is None) for arm in status.arms] == [(0, False)] * 3 + [(0, True)]
    assert status.phase == "assessment"
    assert capsys.readouterr().err.count("stopped by search.racing") == 3


def test_a_race_that_was_interrupted_at_every_trial_is_decided_as_if_it_had_not_been(bench: Any, trained: Any) -> None:
    spec = _spec(bench)
    earlier: dict[int, TrialRecord] = {}
    while True:
        source = bench.source(spec, earlier)
        record = following(source)
        if record is None:
            break
        earlier[record.plan.number] = _end(source, trained, record)
    assert _by_backbone(earlier.values()) == EXPECTED
    whole = bench.source(spec.model_copy(update={"name": "whole"}))
    undisturbed = [_end(whole, trained, record) for record in iter(lambda: following(whole), None)]
    assert [r.plan.hyperparameters for r in undisturbed] == [r.plan.hyperparameters for r in earlier.values()]


def test_a_lost_record_is_trained_again_before_anything_is_decided_by_it(bench: Any, trained: Any) -> None:
    spec = _spec(bench)
    source = bench.source(spec)
    ended = [_end(source, trained, following(source)) for _ in range(9)]
    assert _by_backbone(ended)["resnet101"] == 3 or _by_backbone(ended)["resnet34"] == 3
    lost = next(record.plan.number for record in ended if record.plan.arm.backbone.name == "resnet101")
    again = bench.source(spec, {record.plan.number: record for record in ended if record.plan.number != lost})
    first = following(again)
    assert first.plan.number == lost
    assert following(again) is None, "who goes on depends on it"
    rest = [_end(again, trained, first), *(_end(again, trained, one) for one in iter(lambda: following(again), None))]
    assert _by_backbone([*(one for one in ended if one.plan.number != lost), *rest]) == EXPECTED


def test_packs_do_not_reach_beyond_a_decision(bench: Any, trained: Any) -> None:
    source = bench.source(_spec(bench, resources={"trials_per_pack": 32}))
    ended: list[TrialRecord] = []
    while records := source.next():
        assert len(records) <= 2
        ended += [_end(source, trained, record) for record in records]
    assert _by_backbone(ended) == EXPECTED


def test_arms_on_other_tasks_do_not_race(bench: Any, trained: Any) -> None:
    tasks = [{"name": name, "data": "digits"} for name in ("a", "b")]
    spec = _spec(bench, backbones=["resnet18", "resnet101"], tasks=tasks)
    source = bench.source(spec)
    ended = [_end(source, trained, record) for record in iter(lambda: following(source), None)]
    assert Counter(record.plan.arm.id.partition("/")[2] for record in ended) == {
        "resnet18/a": 2,
        "resnet18/b": 2,
        "resnet101/a": 5,
        "resnet101/b": 5,
    }


def test_a_task_is_not_left_out_where_an_arm_was_stopped_and_the_findings_say_so(bench: Any, trained: Any) -> None:
    bench.write(WHOLE)
    spec = bench.spec(
        protocols=["fine_tuning", "shared_representation"],
        backbones=["resnet18", "resnet34"],
        tasks=[{"name": name, "data": "digits", "metric": "accuracy"} for name in ("a", "b")],
        search={"trials": 3, "sampler": "random", "racing": {"first_trials": 2}},
        budget={"epochs": 1},
        assessment={"leave_one_task_out": True, "seeds": 1},
    )
    source, ended = bench.source(spec), []
    while (record := following(source)) is not None:
        plan = record.plan
        is_good = (plan.arm.backbone.name == "resnet18") is not plan.arm.protocol.is_multi_task
        done = trained(record, 0.9 if is_good else 0.1)
        source.report(plan, done.epochs[0])
        ended.append(done.ended(TrialState.COMPLETE, at=1.0))
        source.finish(ended[-1])
    arms = build_arms(spec)
    contest = Contest(spec, arms, ended)
    plans = assessment_plans(spec, contest.to_be_assessed.values())
    assert all(plan.variant is None for plan in plans)
    table = leaving_out(contest, lambda folder: bench.root / folder)
    shared = next(arm.id for arm in arms if arm.protocol.is_multi_task)
    assert table["verdict"].tolist() == [
        *[f"not run, for search.racing stopped {shared}"] * 2,
        *[f"not run, for search.racing stopped fine_tuning/resnet34/{task}" for task in ("a", "b")],
    ]


def test_what_progress_counts_to_leaves_out_the_trials_that_a_race_takes(bench: Any, trained: Any) -> None:
    spec = _spec(bench)
    source, arms, ended = bench.source(spec), build_arms(spec), []
    assert source.num_possible() == progress_of(Contest(spec, arms, ended), phase="search").total == 20
    while (record := following(source)) is not None:
        ended.append(_end(source, trained, record))
        assert progress_of(Contest(spec, arms, ended), phase="search").total == source.num_possible()
    assert source.num_possible() == len(ended) == 13


def test_more_trials_are_for_those_left(bench: Any, trained: Any) -> None:
    spec = _spec(bench)
    source = bench.source(spec)
    ended = {r.plan.number: _end(source, trained, r) for r in iter(lambda: following(source), None)}
    longer = spec.model_copy(update={"search": spec.search.model_copy(update={"trials": 7})})
    again = bench.source(longer, ended)
    more = [_end(again, trained, record) for record in iter(lambda: following(again), None)]
    assert _by_backbone(more) == {"resnet101": 2}
