"""A population: generations in step, lineages, interruptions, and what they find that no single trial does."""

from __future__ import annotations

from typing import Any

import pytest
from builders import following
from optuna.storages import InMemoryStorage

from study.adapters.optuna_search import rebuild_storage, space_problems
from study.orchestration.contest import Contest
from study.orchestration.search_facts import read_search_facts
from study.orchestration.unequal import unequal_budgets
from study.values.arm import build_arms
from study.values.metric_names import OBJECTIVE
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.selection import contenders, of_last_generation, select
from study.values.states import TrialState

RATE = """
def space(trial, arm):
    return {
        "freezing_depth": arm.num_stages,
        "batch_size": 8,
        "head_width": trial.suggest_int("head_width", 16, 64),
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-3, 1.0, log=True),
    }
"""
FIXED = """
def space(trial, arm):
    depth = trial.suggest_int("head_depth", 0, 3)
    return {"freezing_depth": arm.num_stages, "batch_size": 8, "head_depth": depth, "head_learning_rate": 0.1}
"""
LISTED = """
def space(trial, arm):
    return {
        "freezing_depth": arm.num_stages,
        "batch_size": 8,
        "head_width": trial.suggest_int("head_width", 16, 64),
        "head_learning_rate": trial.suggest_categorical("head_learning_rate", [0.05, 0.1, 0.2]),
    }
"""
FEW = """
def space(trial, arm):
    trial.suggest_int("unused", 0, 4)
    rate = trial.suggest_categorical("head_learning_rate", [0.1, 0.2, 0.3])
    return {"freezing_depth": arm.num_stages, "batch_size": 8, "head_learning_rate": rate}
"""
SIZE, GENERATIONS = 6, 5


def _spec(
    bench: Any, *, size: int = SIZE, generations: int = GENERATIONS, source: str = RATE, **population: Any
) -> Any:
    bench.write(source)
    return bench.spec(
        budget={"epochs": 2 * generations},
        search={
            "trials": size * generations,
            "scheduler": {"kind": "none"},
            "sampler": "random",
            "population_based_training": {"size": size, "interval_epochs": 2, **population},
        },
    )


def _variance(plan: TrialPlan) -> float:
    """Return the mean square error that SGD is left with on a noisy parabola, whose gradient is theta + N(0, 1).

    E[theta^2] <- (1 - eta)^2 E[theta^2] + eta^2 (Bottou et al., 2018, section 4.2, in one dimension), a step an epoch.
    """
    value = 1.0
    for epoch in range(1, plan.epochs + 1):
        rate = plan.hyperparameters_of(epoch).head_learning_rate
        value = (1 - rate) ** 2 * value + rate**2
    return value


def _end(source: Any, record: TrialRecord, state: TrialState = TrialState.COMPLETE) -> TrialRecord:
    plan, epochs = record.plan, []
    for number in range(plan.epochs_before + 1, plan.epochs + 1):
        epochs.append(EpochRecord(epoch=number, metrics={OBJECTIVE: -_variance(plan)}, duration_s=1.0))
        source.report(plan, epochs[-1])
    ended = record.model_copy(update={"epochs": tuple(epochs)}).ended(state, at=1.0)
    source.finish(ended)
    return ended


def _ran(source: Any, num_running: int = 1, earlier: Any = ()) -> list[TrialRecord]:
    running: list[TrialRecord] = []
    ended = list(earlier)
    while True:
        while len(running) < num_running and (record := following(source)) is not None:
            running.append(record)
        if num_running > 1:
            source.prepare()
        if not running:
            return sorted(ended, key=lambda one: one.plan.number)
        ended.append(_end(source, running.pop()))


def _plans(records: list[TrialRecord]) -> list[tuple[Any, ...]]:
    plans = [record.plan for record in records]
    return [(p.number, p.hyperparameters, p.lineage, p.seed, p.epochs, p.course_epochs) for p in plans]


def test_trials_go_on_from_themselves_or_from_the_best(bench: Any) -> None:
    records = _ran(bench.source(_spec(bench), storage=InMemoryStorage()))
    assert len(records) == SIZE * GENERATIONS
    by_number = {record.plan.number: record for record in records}
    for record in records[SIZE:]:
        plan, parent = record.plan, by_number[record.plan.lineage[-1].trial].plan
        generation = plan.number // SIZE
        before = sorted(records[(generation - 1) * SIZE : generation * SIZE], key=lambda one: _variance(one.plan))
        assert plan.lineage[:-1] == parent.lineage
        assert plan.lineage[-1].hyperparameters == parent.hyperparameters
        assert (plan.epochs_before, plan.epochs) == (parent.epochs, parent.epochs + 2)
        assert plan.seed == parent.seed
        assert plan.hyperparameters.head_width == parent.hyperparameters.head_width
        if parent.number == plan.number - SIZE:
            assert plan.hyperparameters == parent.hyperparameters
        else:
            assert plan.number - SIZE == before[-1].plan.number
            assert parent.number == before[0].plan.number
            assert plan.hyperparameters.head_learning_rate != parent.hyperparameters.head_learning_rate
    assert not any(record.plan.has_heirs for record in records[-SIZE:])
    assert all(record.plan.has_heirs for record in records[:-SIZE])


def test_how_many_run_at_once_changes_nothing(bench: Any) -> None:
    spec = _spec(bench, size=4, generations=3, quantile=0.5)
    one = _plans(_ran(bench.source(spec, storage=InMemoryStorage())))
    assert _plans(_ran(bench.source(spec, storage=InMemoryStorage()), num_running=4)) == one


def test_a_study_cut_short_goes_on_as_if_it_had_not_been(bench: Any) -> None:
    spec = _spec(bench, size=3, generations=3, quantile=0.4)
    whole = _plans(_ran(bench.source(spec, storage=InMemoryStorage())))
    for num_ended in (0, 2, 3, 5):
        storage, ended = InMemoryStorage(), []
        source = bench.source(spec, storage=storage)
        for _ in range(num_ended):
            record = following(source)
            assert record is not None
            ended.append(_end(source, record))
        assert following(source) is not None  # its process died
        again = bench.source(spec, {record.plan.number: record for record in ended}, storage)
        assert _plans(_ran(again, earlier=ended)) == whole


def test_a_population_on_disk_goes_on_too(bench: Any) -> None:
    spec = _spec(bench, size=2, generations=2)
    whole = _plans(_ran(bench.source(spec, storage=InMemoryStorage())))
    source = bench.source(spec)
    ended = [_end(source, record) for record in (following(source), following(source)) if record is not None]
    assert following(source) is not None
    (bench.root / "study" / "optuna.db").unlink()
    rebuild_storage(bench.root / "study", spec.name, build_arms(spec))
    again = bench.source(spec, {record.plan.number: record for record in ended})
    assert _plans(_ran(again, earlier=ended)) == whole


def test_perturbed_is_times_0_8_or_1_2_within_bounds(bench: Any) -> None:
    records = _ran(bench.source(storage=InMemoryStorage(), spec=_spec(bench, quantile=0.5, resample_chance=0.0)))
    factors = []
    for record in records[SIZE:]:
        parent = record.plan.lineage[-1]
        if parent.trial != record.plan.number - SIZE:
            rate, before = record.plan.hyperparameters.head_learning_rate, parent.hyperparameters.head_learning_rate
            factors.append(rate / before if rate < 1.0 else 1.2)
    assert {round(factor, 6) for factor in factors} == {0.8, 1.2}


def test_no_heir_that_explores_has_what_its_parent_goes_on_with(bench: Any) -> None:
    spec = _spec(bench, quantile=0.5, source=LISTED)
    heirs = _ran(bench.source(spec, storage=InMemoryStorage()))[SIZE:]
    exploring = [one.plan for one in heirs if one.plan.lineage[-1].trial != one.plan.number - SIZE]
    assert len(exploring) == (GENERATIONS - 1) * SIZE // 2
    assert not any(plan.hyperparameters == plan.lineage[-1].hyperparameters for plan in exploring)


def test_it_finds_a_schedule_that_no_constant_learning_rate_comes_near(bench: Any) -> None:
    """The best rate of each step is v / (v + 1), which falls from step to step; theirs is the best of 1,000."""
    spec = _spec(bench, size=16, generations=10, quantile=0.25)
    found = select(_ran(bench.source(spec, storage=InMemoryStorage())))
    assert found is not None
    constant = []
    for rate in (number / 1000 for number in range(1, 1001)):
        value = 1.0
        for _ in range(20):
            value = (1 - rate) ** 2 * value + rate**2
        constant.append(value)
    best = 1.0
    for _ in range(20):
        best = best / (best + 1)
    assert best < _variance(found.plan) < min(constant)
    assert found.plan.epochs == 20


def test_selected_is_of_the_last_whole_generation_however_good_others_are(bench: Any) -> None:
    source, records = bench.source(storage=InMemoryStorage(), spec=_spec(bench, generations=3)), []
    seen: list[TrialRecord] = []
    for number in range(3 * SIZE):
        record = following(source)
        assert record is not None
        under_way = [*records, record]
        records.append(_end(source, record, TrialState.FAILED if number == 2 * SIZE - 1 else TrialState.COMPLETE))
        seen = contenders([*seen, records[-1]])
        assert len(seen) < 2 * SIZE
        num_whole = len(records) // SIZE
        counting = range(SIZE * (num_whole - 1), SIZE * num_whole) if num_whole else range(SIZE)
        able = [one for one in records if one.plan.number in counting and one.state is TrialState.COMPLETE]
        best = min(able, key=lambda one: _variance(one.plan))
        assert select(records) is select(seen) is best
        assert {one.plan.number for one in of_last_generation(records)} <= set(counting)
        if number >= SIZE:  # while the next is under way, tables are of what is selected from
            assert len(of_last_generation(under_way)) == SIZE


def test_what_failed_is_replaced_and_a_generation_that_failed_whole_ends_the_arm(bench: Any, capsys: Any) -> None:
    spec = _spec(bench)
    source = bench.source(spec, storage=InMemoryStorage())
    first = [following(source) for _ in range(SIZE)]
    assert following(source) is None  # the next generation waits
    able = [TrialState.COMPLETE if number == 2 else TrialState.FAILED for number in range(SIZE)]
    first = [_end(source, record, state) for record, state in zip(first, able, strict=True)]
    second = [following(source) for _ in range(SIZE)]
    assert {record.plan.lineage[-1].trial for record in second} == {2}
    assert len({record.plan.hyperparameters.head_learning_rate for record in second}) == SIZE
    second = [_end(source, record, TrialState.FAILED) for record in second]
    assert following(source) is None
    assert source.num_possible() == 2 * SIZE
    said = capsys.readouterr().err
    assert f"all {SIZE} trials of a generation failed and left none to go on from, so it ends with 12 trials" in said

    contest = Contest(spec, build_arms(spec), [*first, *second], read_search_facts(bench.root / "study"))
    assert set(contest.remaining.values()) == {0}, "so that no checkpoint is kept for heirs"
    few, short = unequal_budgets(contest)
    assert few.endswith(f"all {SIZE} trials of a generation failed, so it had 12 trials instead of 30")
    assert "what is selected was trained for 2 of 10 epochs" in short


def test_a_checkpoint_is_handed_on_and_removed_when_all_that_went_on_from_it_have_ended(bench: Any) -> None:
    spec, storage = _spec(bench, size=2, generations=3), InMemoryStorage()
    source, ended = bench.source(spec, storage=storage), []

    def run(number: int) -> Any:
        record = following(source)
        assert record is not None
        folder = bench.root / "study" / "checkpoints" / str(number)
        folder.mkdir(parents=True)
        ended.append(_end(source, record.model_copy(update={"checkpoint": f"checkpoints/{number}"})))
        return record.plan, folder

    (one, first), (two, second) = run(0), run(1)
    assert (one.checkpoint, two.checkpoint) == (None, None)
    plan, _ = run(2)
    assert plan.checkpoint == str((first, second)[plan.lineage[-1].trial].resolve())
    assert first.is_dir()
    assert second.is_dir()
    run(3)
    assert not first.exists()
    assert not second.exists()
    again = following(bench.source(spec, {record.plan.number: record for record in ended}, storage))
    assert again is not None
    assert again.plan.checkpoint == str(
        (bench.root / "study" / "checkpoints" / str(again.plan.lineage[-1].trial)).resolve()
    )


def test_what_memory_did_not_hold_whole_it_does_not_hold_for_an_heir(bench: Any) -> None:
    spec, storage, ended = _spec(bench, size=2, generations=2), InMemoryStorage(), []
    source = bench.source(spec, storage=storage)
    for _ in range(2):
        record = following(source)
        assert record is not None
        halved = record.plan.model_copy(update={"micro_batches": 2})
        ended.append(_end(source, record.model_copy(update={"plan": halved})))
    again = bench.source(spec, {record.plan.number: record for record in ended}, storage)
    heirs = [following(source), following(again)]
    assert [heir.plan.micro_batches for heir in heirs if heir is not None] == [2, 2]


@pytest.mark.parametrize(("source", "is_refused"), [(FIXED, True), (RATE, False)])
def test_a_space_in_which_nothing_may_change_is_refused(bench: Any, facts: Any, source: str, is_refused: bool) -> None:
    spec = _spec(bench, source=source)
    found = space_problems(spec.search, [facts(arm) for arm in build_arms(spec)], root=bench.root, seed=0)
    said = ["suggests nothing that may change while a trial trains" in problem.message for problem in found]
    assert sum(said) == is_refused


@pytest.mark.parametrize(
    ("size", "said"), [(4, "has 3 configurations for linear_probe/resnet18/a, fewer than the 4"), (3, None)]
)
def test_a_space_with_fewer_configurations_than_a_generation_has_trials_is_refused(
    bench: Any, facts: Any, size: int, said: str | None
) -> None:
    spec = _spec(bench, size=size, source=FEW)
    found = space_problems(spec.search, [facts(arm) for arm in build_arms(spec)], root=bench.root, seed=0)
    assert [said in problem.message for problem in found if said] == [True] * (said is not None)
    assert len(found) == (said is not None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"search": {"scheduler": {"kind": "asha"}}}, "does not go with scheduler.kind = asha"),
        ({"search": {"sampler": "nsga2", "population": 2}}, "sampler = nsga2"),
        ({"search": {"racing": {}, "warm_start": ["earlier"]}}, "racing, warm_start"),
        ({"search": {"outer": 0.2}}, "search.outer"),
        ({"search": {"trials": 8}}, "search.trials = 8; must be 30"),
        ({"budget": {"epochs": 7}}, "interval_epochs = 2 with budget.epochs = 7"),
        ({"budget": {"patience": 2}}, "budget.patience"),
    ],
)
def test_what_does_not_go_with_it_is_refused(bench: Any, changes: Any, said: str) -> None:
    whole = _spec(bench).model_dump(mode="json")
    for part, values in changes.items():
        whole[part] |= values
    with pytest.raises(ValueError, match=said.replace(".", r"\.")):
        type(bench.spec()).model_validate(whole)
