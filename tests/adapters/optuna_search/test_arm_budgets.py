"""Arms that are compared at equal work or equal time, in place of equal trials."""

from __future__ import annotations

from typing import Any

import pytest
from builders import following

from study.adapters.checkpoint_shelf import LocalCheckpoints
from study.adapters.optuna_search import SearchSource, open_storage
from study.orchestration.contest import Contest
from study.orchestration.status import study_status
from study.values.arm import build_arms
from study.values.hyperparameters import Augmentation, Hyperparameters
from study.values.records import TrialRecord
from study.values.spending import Spending
from study.values.states import TrialState
from study.values.work import HEADS, work_of

SPACE = """
def space(trial, arm):
    depth = trial.suggest_int("freezing_depth", arm.min_freezing_depth, arm.max_freezing_depth)
    rate = trial.suggest_float("head_learning_rate", 1e-4, 1.0, log=True)
    return {
        "freezing_depth": depth, "batch_size": 8, "head_learning_rate": rate, "backbone_learning_rate": rate,
    }
"""
QUARTERS = (0.25, 0.25, 0.25, 0.25)
TWO_ARMS: dict[str, Any] = {"protocols": ["fine_tuning", "linear_probe"]}


def _source(bench: Any, facts: Any, spec: Any, earlier: dict[int, TrialRecord] | None = None) -> SearchSource:
    bench.write(SPACE)
    return SearchSource(
        spec,
        [(arm, facts(arm, stage_shares=QUARTERS if spec.goes_by_work else ())) for arm in build_arms(spec)],
        storage=open_storage(None, bench.root / "study"),
        earlier=earlier or {},
        root=bench.root,
        checkpoints=LocalCheckpoints(bench.root / "study"),
        cache_dir="cache",
    )


def _play(source: SearchSource, done: TrialRecord, state: TrialState = TrialState.COMPLETE) -> TrialRecord:
    for epoch in done.epochs:
        source.report(done.plan, epoch)
    ended = done.ended(state, at=1.0, reason=None if state is TrialState.COMPLETE else "why")
    source.finish(ended)
    return ended


def _values(depth: int, **changes: Any) -> Hyperparameters:
    return Hyperparameters(
        freezing_depth=depth, head_learning_rate=0.1, backbone_learning_rate=0.1, batch_size=8, **changes
    )


@pytest.mark.parametrize(
    ("values", "cached", "work"),
    [
        (_values(0), True, 1.0),
        (_values(4), True, HEADS),
        (_values(1), True, HEADS + (1 - HEADS) * 0.7),
        (_values(1), False, HEADS + (1 - HEADS) * (0.7 + 0.3 / 3)),
        (_values(1, augmentation=Augmentation.CROP), True, HEADS + (1 - HEADS) * (0.7 + 0.3 / 3)),
        (_values(0, sam_radius=0.05), True, 2.0),
        (_values(1, adapter_width=8), False, HEADS + (1 - HEADS) * (0.7 * 2 / 3 + 0.3 / 3)),
        (_values(1, lora_rank=8), False, HEADS + (1 - HEADS) * (0.7 + 0.3 / 3)),
        (_values(0, probe_epochs=9), True, HEADS + (1 - HEADS) * (9 / 3 + 1) / 10),
        (_values(1, probe_epochs=9), True, HEADS + (1 - HEADS) * (9 * 0.7 / 3 + 0.7) / 10),
        (_values(1, probe_epochs=9), False, HEADS + (1 - HEADS) * (9 / 3 + 0.7 + 0.3 / 3) / 10),
        # Heads alone, then with the last stage, the last two, three and all, two epochs each.
        (_values(0, unfreeze_every=2), True, HEADS + (1 - HEADS) * (5 + 2 * (0.1 + 0.3 + 0.7 + 1.0)) / 15),
    ],
)
def test_work_is_that_of_the_stages_that_are_trained(values: Hyperparameters, cached: bool, work: float) -> None:
    assert work_of(values, (0.3, 0.4, 0.2, 0.1), epochs=10, caches_features=cached) == pytest.approx(work)


def test_an_arm_ends_when_its_work_is_done_and_has_the_same_trials_after_any_interruption(
    bench: Any, facts: Any, trained: Any
) -> None:
    spec = bench.spec(
        protocols=["fine_tuning"],
        search={"trials": 30, "sampler": "random"},
        budget={"epochs": 3, "arm_whole_trainings": 2.5},
    )
    earlier: dict[int, TrialRecord] = {}
    while (started := following(_source(bench, facts, spec, earlier))) is not None:
        done = trained(started, 0.1, 0.2, 0.3).ended(TrialState.COMPLETE, at=1.0)
        earlier[done.plan.number] = done
    works = [done.plan.work for done in earlier.values()]
    assert sum(works[:-1]) < 2.5 <= sum(works)
    (bench.root / "study").rename(bench.root / "interrupted")
    source = _source(bench, facts, spec)
    whole = [_play(source, trained(one, 0.1, 0.2, 0.3)) for one in iter(lambda: following(source), None)]
    assert [one.plan.hyperparameters for one in whole] == [one.plan.hyperparameters for one in earlier.values()]


def test_a_trial_that_is_stopped_early_leaves_the_rest_of_its_work_to_others(
    bench: Any, facts: Any, trained: Any
) -> None:
    spec = bench.spec(protocols=["from_scratch"], search={"trials": 30}, budget={"epochs": 3, "arm_whole_trainings": 3})
    source = _source(bench, facts, spec)
    first = [following(source) for _ in range(3)]
    assert following(source) is None, "what is handed out is counted whole"
    _play(source, trained(first[0], 0.1), TrialState.PRUNED)
    assert following(source) is not None, "a third of 1 was used"
    assert following(source) is None


def test_arms_have_equal_seconds_and_other_numbers_of_trials(bench: Any, facts: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 30}, budget={"epochs": 3, "arm_training_s": 18}, **TWO_ARMS)
    source = _source(bench, facts, spec)
    took = {"fine_tuning": 2.0, "linear_probe": 0.5}  # seconds an epoch
    ended: list[TrialRecord] = []
    while (started := following(source)) is not None:
        done = trained(started, 0.1, 0.2, 0.3)
        epochs = [epoch.model_copy(update={"duration_s": took[done.plan.arm.protocol.value]}) for epoch in done.epochs]
        ended.append(_play(source, done.model_copy(update={"epochs": tuple(epochs)})))
    arms = build_arms(spec)
    of_arm = {arm.protocol.value: [one for one in ended if one.plan.arm == arm] for arm in arms}
    assert {name: len(trials) for name, trials in of_arm.items()} == {"fine_tuning": 3, "linear_probe": 12}
    assert all(Spending.of(trials).training_s == 18 for trials in of_arm.values())
    status = study_status(Contest(spec, arms, ended), directory="d", running=False)
    assert [arm.remaining for arm in status.arms] == [0, 0]
    assert status.phase == "assessment"


def test_more_of_a_budget_is_the_same_study(bench: Any) -> None:
    assert bench.spec(budget={"epochs": 3, "arm_training_s": 60}).identity == bench.spec().identity
    some, more = (bench.spec(budget={"epochs": 3, "arm_whole_trainings": number}) for number in (5, 9))
    assert some.identity == more.identity != bench.spec().identity, "earlier trials say nothing of their work"
