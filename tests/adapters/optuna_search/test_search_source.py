from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
import pytest
from builders import following

from study.values.problems import InputError
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import StudySpec
from study.values.states import TrialState

THREE_ARMS: dict[str, Any] = {"backbones": ["resnet18", "resnet34", "resnet50"]}


def _ended(record: TrialRecord, state: TrialState = TrialState.COMPLETE) -> TrialRecord:
    return record.ended(state, at=1.0, reason=None if state is TrialState.COMPLETE else "why")


def _optuna_trials(bench: Any, arm_id: str = "linear_probe/resnet18/a") -> list[optuna.trial.FrozenTrial]:
    storage = f"sqlite:///{bench.root}/study/optuna.db"
    return optuna.load_study(study_name=f"bench/{arm_id}", storage=storage).trials


def _play(source: Any, record: TrialRecord, trained: Any) -> TrialRecord:
    """Train a trial whose objective is a closed form of its configuration."""
    values = record.plan.hyperparameters
    best = 1 - (values.dropout - 0.3) ** 2
    record = trained(record, best / 3, best / 2, best)
    for epoch in record.epochs:
        source.report(record.plan, epoch)
    record = _ended(record)
    source.finish(record)
    return record


def test_all_arms_go_forward_together_to_the_same_number_of_trials(bench: Any) -> None:
    source = bench.source(bench.spec(search={"trials": 3}, **THREE_ARMS))
    records = list(iter(lambda: following(source), None))
    assert [record.plan.number for record in records] == list(range(9))
    assert [record.plan.arm_number for record in records] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [record.plan.arm.backbone.name for record in records] == ["resnet18", "resnet34", "resnet50"] * 3
    assert following(source) is None


def test_failed_trials_use_up_budget_too(bench: Any) -> None:
    source = bench.source(bench.spec(search={"trials": 3}))
    count = 0
    while (record := following(source)) is not None:
        source.finish(_ended(record, TrialState.FAILED))
        count += 1
    assert count == 3


def test_a_plan_is_whole(bench: Any) -> None:
    spec: StudySpec = bench.spec(resources={"cpus_per_trial": 2.5, "gpus_per_trial": 0.5, "feature_cache_gib": 1})
    source = bench.source(spec)
    plans = [record.plan for record in iter(lambda: following(source), None)]
    assert {plan.split_seed for plan in plans} == {derive_seed(7, "split")}
    assert len({plan.seed for plan in plans}) == len(plans)
    assert (plans[0].num_threads, plans[0].num_gpus, plans[0].feature_cache_gib) == (2, 0.5, 1)
    assert (plans[0].epochs, plans[0].root, plans[0].cache_dir) == (3, str(bench.root), "cache")
    assert plans[0].checkpoint is None


def test_a_share_of_a_cpu_computes_with_one_thread(bench: Any) -> None:
    assert following(bench.source(bench.spec(resources={"cpus_per_trial": 0.25}))).plan.num_threads == 1


def test_states_and_epochs_reach_optuna(bench: Any, trained: Any) -> None:
    source = bench.source(bench.spec())
    _play(source, following(source), trained)
    for state in (TrialState.PRUNED, TrialState.FAILED):
        record = trained(following(source), 0.25)
        source.report(record.plan, record.epochs[0])
        source.finish(_ended(record, state))
    trials = _optuna_trials(bench)
    assert [trial.state.name for trial in trials] == ["COMPLETE", "PRUNED", "FAIL"]
    assert len(trials[0].intermediate_values) == 3
    assert trials[0].value == trials[0].intermediate_values[3]
    assert trials[1].value == 0.25
    assert trials[2].user_attrs["reason"] == "why"


def test_interrupted_trials_come_first_with_what_they_have(bench: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 3}, **THREE_ARMS)
    source = bench.source(spec)
    first = [following(source) for _ in range(5)]
    (bench.root / "study/checkpoints/x").mkdir(parents=True)
    earlier = {
        0: _ended(trained(first[0], 0.1, 0.2, 0.3)),
        1: trained(first[1], 0.1, 0.2).model_copy(update={"checkpoint": "checkpoints/x"}),
        2: trained(first[2], 0.1).model_copy(update={"checkpoint": "checkpoints/gone"}),
        4: first[4],  # and of 3 there is no record: the process died before it was written
    }
    source.finish(earlier[0])
    again = bench.source(spec, earlier)
    resumed = [following(again) for _ in range(4)]
    assert [record.plan.number for record in resumed] == [1, 2, 3, 4]
    assert [len(record.epochs) for record in resumed] == [2, 1, 0, 0]
    assert [record.plan.hyperparameters for record in resumed] == [r.plan.hyperparameters for r in first[1:]]
    assert [record.plan.seed for record in resumed] == [r.plan.seed for r in first[1:]]
    assert [record.plan.checkpoint for record in resumed] == [str(bench.root / "study/checkpoints/x"), None, None, None]
    assert resumed[0].started_at == first[1].started_at
    rest = list(iter(lambda: following(again), None))
    assert [record.plan.number for record in rest] == [5, 6, 7, 8]
    assert set(Counter(record.plan.arm.id for record in [*first, *rest]).values()) == {3}
    assert _optuna_trials(bench, first[1].plan.arm.id)[0].intermediate_values == {1: 0.1, 2: 0.2}


def test_the_records_are_believed_where_optuna_was_not_told(bench: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 4})
    source = bench.source(spec)
    asked = [following(source) for _ in range(4)]
    earlier = {
        0: _ended(trained(asked[0], 0.1, 0.2, 0.3)),
        1: _ended(trained(asked[1], 0.4), TrialState.PRUNED),
        2: _ended(asked[2], TrialState.FAILED),
        3: _ended(trained(asked[3], 0.1, 0.2, float("nan"))),
    }
    again = bench.source(spec, earlier)
    assert following(again) is None
    trials = _optuna_trials(bench)
    assert [trial.state.name for trial in trials] == ["COMPLETE", "PRUNED", "FAIL", "FAIL"]
    assert [trial.value for trial in trials] == [0.3, 0.4, None, None]
    assert trials[0].intermediate_values == {1: 0.1, 2: 0.2, 3: 0.3}
    assert following(bench.source(spec, earlier)) is None


def test_what_was_never_handed_out_is_failed_and_not_counted(bench: Any) -> None:
    spec = bench.spec(search={"trials": 2})
    source = bench.source(spec)
    record = following(source)
    plain = optuna.load_study(
        study_name=f"bench/{record.plan.arm.id}", storage=f"sqlite:///{bench.root}/study/optuna.db"
    )
    plain.ask()
    again = bench.source(spec, {0: record})
    records = list(iter(lambda: following(again), None))
    assert [r.plan.number for r in records] == [0, 1]
    assert [r.plan.arm_number for r in records] == [0, 2]
    trials = _optuna_trials(bench)
    assert [trial.state.name for trial in trials] == ["RUNNING", "FAIL", "RUNNING"]
    assert trials[1].user_attrs == {"reason": "interrupted before it started"}


def test_killed_at_every_step_it_trains_what_an_undisturbed_study_trains(
    bench: Any, trained: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spec = bench.spec(search={"trials": 3, "startup_trials": 1}, backbones=["resnet18", "resnet34"])
    whole = type(bench)(tmp_path_factory.mktemp("whole"))
    whole.write((bench.root / "space.py").read_text())
    source = whole.source(spec)
    expected = [_play(source, record, trained).plan for record in iter(lambda: following(source), None)]
    records: dict[int, TrialRecord] = {}
    for step in itertools.count():
        # A new process each time. It dies after asking, or after writing the record, or after an epoch, or after
        # writing how the trial ended and before telling Optuna.
        source = bench.source(spec, records)
        record = following(source)
        if record is None:
            break
        if step % 4 >= 1:
            records[record.plan.number] = record
        if step % 4 == 2:
            source.report(record.plan, trained(record, 0.0).epochs[0])
        if step % 4 == 3:
            best = 1 - (record.plan.hyperparameters.dropout - 0.3) ** 2
            records[record.plan.number] = _ended(trained(record, best / 3, best / 2, best))
    plans = [records[number].plan for number in sorted(records)]
    somewhere = {"root": "", "checkpoint": None}
    assert [p.model_copy(update=somewhere) for p in plans] == [p.model_copy(update=somewhere) for p in expected]


def test_a_longer_study_goes_on_numbering(bench: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 2})
    source = bench.source(spec)
    records = {}
    while (record := following(source)) is not None:
        records[record.plan.number] = _play(source, record, trained)
    longer = bench.source(bench.spec(search={"trials": 5}), records)
    assert [record.plan.number for record in iter(lambda: following(longer), None)] == [2, 3, 4]


@pytest.mark.parametrize("lost", [[0], [2], [0, 1, 2]], ids=["first", "last", "all"])
def test_a_trial_whose_record_was_lost_is_trained_once_more(bench: Any, trained: Any, lost: list[int]) -> None:
    spec = bench.spec(search={"trials": 3})
    source = bench.source(spec)
    records = {record.plan.number: _play(source, record, trained) for record in iter(lambda: following(source), None)}
    before = _optuna_trials(bench)
    again = bench.source(spec, {number: record for number, record in records.items() if number not in lost})
    handed_out = list(iter(lambda: following(again), None))
    assert [record.plan for record in handed_out] == [records[number].plan for number in lost]
    assert again.decided == {records[number].plan.folder: 3 for number in lost}
    assert all(not record.epochs for record in handed_out)
    for record in handed_out:
        _play(again, record, trained)
    assert _optuna_trials(bench) == before


def test_a_lost_trial_is_told_from_what_was_asked_for_and_never_handed_out(bench: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 3})
    source = bench.source(spec)
    records = [_play(source, following(source), trained) for _ in range(2)]
    plain = optuna.load_study(
        study_name=f"bench/{records[0].plan.arm.id}", storage=f"sqlite:///{bench.root}/study/optuna.db"
    )
    plain.ask()
    again = bench.source(spec, {0: records[0]})
    handed_out = list(iter(lambda: following(again), None))
    assert [(record.plan.number, record.plan.arm_number) for record in handed_out] == [(1, 1), (2, 3)]


def test_the_storage_of_another_directory_is_refused(bench: Any, trained: Any) -> None:
    spec = bench.spec(storage={"url": "sqlite:////shared/optuna.db"})
    source = bench.source(spec)
    _play(source, following(source), trained)
    with pytest.raises(InputError, match=r"storage holds 1 finished trials of a study called 'bench'"):
        bench.source(spec, {})


def test_records_that_the_storage_does_not_know_are_refused(bench: Any, trained: Any) -> None:
    spec = bench.spec()
    source = bench.source(spec)
    record = _play(source, following(source), trained)
    (bench.root / "study/optuna.db").unlink()
    with pytest.raises(InputError, match=r"records of trials that the storage does not know: 0 \(1 in all\)"):
        bench.source(spec, {0: record})


def test_a_missing_space_is_named_before_anything_is_asked(bench: Any) -> None:
    with pytest.raises(InputError, match=r"did you mean space\?"):
        bench.source(bench.spec(search={"space": "space.py:spaec"}))
    assert not Path(bench.root / "study/trials").exists()


def test_a_cheap_arm_gets_ahead_of_the_others_by_a_little(bench: Any) -> None:
    source = bench.source(bench.spec(search={"trials": 5}, **THREE_ARMS))
    records = list(iter(lambda: following(source, lambda backbone: backbone != "resnet34"), None))
    order = [record.plan.arm.backbone.name for record in records]
    assert order[:4] == ["resnet34", "resnet34", "resnet34", "resnet18"]
    for end in range(len(order)):
        counts = Counter({"resnet18": 0, "resnet34": 0, "resnet50": 0}) + Counter(order[:end])
        assert max(counts.values(), default=0) - min(counts[name] for name in set(order)) <= 3
    assert set(Counter(order).values()) == {5}


def test_a_trial_whose_end_reached_the_storage_alone_goes_on(bench: Any, trained: Any) -> None:
    """The storage is a database server; the machine died before its last records were uploaded."""
    spec = bench.spec(search={"trials": 2})
    source = bench.source(spec)
    asked = [following(source), following(source)]
    for record, state in zip(asked, (TrialState.COMPLETE, TrialState.PRUNED), strict=True):
        source.report(record.plan, trained(record, 0.1).epochs[0])
        source.finish(_ended(trained(record, 0.1), state))
    earlier = {0: asked[0], 1: trained(asked[1], 0.1)}
    again = bench.source(spec, earlier)
    resumed = [following(again), following(again)]
    assert [(record.plan.number, len(record.epochs)) for record in resumed] == [(0, 0), (1, 1)]
    assert following(again) is None
    for record in resumed:  # another end than the storage knows: the record is what counts
        for epoch in trained(record, 0.1, 0.2, 0.3).epochs:
            again.report(record.plan, epoch)
        again.finish(_ended(trained(record, 0.1, 0.2, 0.3)))
    assert [trial.state.name for trial in _optuna_trials(bench)] == ["COMPLETE", "PRUNED"]


def test_a_trial_made_ready_is_handed_out_next_and_no_trial_is_drawn_twice(bench: Any, trained: Any) -> None:
    source = bench.source(bench.spec(search={"trials": 3, "sampler": "random"}, **THREE_ARMS))
    numbers = []
    while True:
        source.prepare()
        source.prepare()
        record = following(source)
        if record is None:
            break
        numbers.append((record.plan.number, record.plan.arm.backbone.name))
        source.finish(_ended(trained(record, 0.5)))
    assert numbers == list(enumerate(["resnet18", "resnet34", "resnet50"] * 3))


def test_a_trial_made_ready_and_never_handed_out_is_the_first_of_the_resumed_study(bench: Any, trained: Any) -> None:
    spec = bench.spec(search={"trials": 3, "sampler": "random"})
    source = bench.source(spec)
    first = following(source)
    source.prepare()
    resumed = bench.source(spec, {0: _ended(trained(first, 0.5))})
    assert [record.plan.number for record in iter(lambda: following(resumed), None)] == [1, 2]


def test_another_arm_than_the_one_made_ready_is_handed_out_where_it_is_cheaper(bench: Any) -> None:
    source = bench.source(bench.spec(search={"trials": 2, "sampler": "random"}, **THREE_ARMS))
    source.prepare()
    cheap = [following(source, lambda backbone: backbone != "resnet50").plan for _ in range(2)]
    assert [plan.arm.backbone.name for plan in cheap] == ["resnet50", "resnet50"]
    rest = [record.plan for record in iter(lambda: following(source), None)]
    assert sorted(plan.arm.backbone.name for plan in rest) == ["resnet18", "resnet18", "resnet34", "resnet34"]
    assert sorted(plan.number for plan in (*cheap, *rest)) == list(range(6))
