import json
import math

import builders
import pytest

from study.adapters.record_store import RecordKeeper, RecordStore
from study.values.metric_names import OBJECTIVE
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.protocols import Protocol
from study.values.states import TrialState


@pytest.fixture
def store(tmp_path):
    return RecordStore(tmp_path)


def keep(store, record):
    """Tell a keeper a whole trial, from its start."""
    keeper = RecordKeeper(store)
    keeper.on_start(record.model_copy(update={"epochs": (), "state": TrialState.RUNNING, "ended_at": None}))
    for epoch in record.epochs:
        keeper.on_epoch(record.plan, epoch)
    if record.state.is_final:
        keeper.on_end(record)
    return record


def epochs_file(tmp_path, record):
    return tmp_path / record.plan.folder / "epochs.jsonl"


@pytest.mark.parametrize(
    "record",
    [
        builders.record(0),
        builders.record(1, epochs=3, state=TrialState.COMPLETE),
        builders.record(2, epochs=1, state=TrialState.PRUNED, reason="stopped early"),
        builders.record(3, state=TrialState.FAILED, reason="out of memory\n\N{SNOWMAN}"),
        builders.record(4, epochs=2, arm=builders.arm(Protocol.SHARED_REPRESENTATION)),
    ],
    ids=["started", "complete", "pruned", "failed", "running"],
)
def test_a_record_comes_back_as_it_was_kept(store, record):
    keep(store, record)
    assert store.read(record.plan.folder) == record
    assert store.read_all() == [record]


def test_an_assessments_checkpoint_and_test_metrics_come_back(store):
    record = builders.record(0, epochs=3, purpose=Purpose.ASSESSMENT, repeat=1)
    keep(store, record)
    keeper = RecordKeeper(store)
    kept = record.model_copy(update={"checkpoint": "assessments/x/checkpoint"})
    keeper.on_checkpoint(kept)
    assert store.read(record.plan.folder) == kept
    ended = kept.model_copy(update={"test": {"test/defect/nll": 0.5}}).ended(TrialState.COMPLETE, at=builders.START + 1)
    keeper.on_end(ended)
    assert store.read(record.plan.folder) == ended


def test_values_that_are_no_numbers_come_back(store):
    record = builders.record(0)
    keep(store, record)
    metrics = {OBJECTIVE: 0.1 + 0.2, "a": math.nan, "b": math.inf, "c": -math.inf, "d": 5e-324}
    store.append(record.plan, builders.epoch(1).model_copy(update={"metrics": metrics}))
    store.write(record.model_copy(update={"test": {"test/defect/nll": math.inf, "test/defect/ece": math.nan}}))
    back = store.read(record.plan.folder)
    assert back.epochs[0].metrics == pytest.approx(metrics, abs=0, rel=0, nan_ok=True)
    assert back.test["test/defect/nll"] == math.inf
    assert math.isnan(back.test["test/defect/ece"])


def test_all_are_read_by_number_and_repeat_and_by_purpose(store):
    searched = [keep(store, builders.record(number, epochs=1)) for number in (11, 2, 7)]
    assessed = [
        keep(store, builders.record(2, epochs=1, purpose=Purpose.ASSESSMENT, repeat=repeat)) for repeat in (10, 1, 0)
    ]
    assert [record.plan.number for record in store.read_all(Purpose.SEARCH)] == [2, 7, 11]
    assert [record.plan.repeat for record in store.read_all(Purpose.ASSESSMENT)] == [0, 1, 10]
    assert store.read_all() == [searched[1], *reversed(assessed), searched[2], searched[0]]


def test_a_directory_without_records_has_none(store, tmp_path):
    assert store.read_all() == []
    assert RecordStore(tmp_path / "not" / "there").read_all() == []


def test_what_lies_below_a_record_is_no_record(store, tmp_path):
    record = keep(store, builders.record(0, epochs=1, purpose=Purpose.ASSESSMENT))
    checkpoint = tmp_path / record.plan.folder / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "trial.json").write_text("{}")
    assert store.read_all() == [record]


@pytest.mark.parametrize("kept_bytes", [1, 40, -2, -1], ids=["a byte", "some", "all but the brace", "all but the end"])
def test_a_death_in_the_middle_of_a_line_loses_no_other_epoch(store, tmp_path, kept_bytes):
    record = keep(store, builders.record(0, epochs=2))
    file = epochs_file(tmp_path, record)
    first, second, _ = file.read_bytes().split(b"\n")
    line = second + b"\n"
    file.write_bytes(first + b"\n" + line[:kept_bytes])
    whole = 2 if kept_bytes == -1 else 1
    assert store.read(record.plan.folder).epochs == record.epochs[:whole]

    for epoch in (builders.epoch(whole + 1), builders.epoch(whole + 2)):
        store.append(record.plan, epoch)
    assert [epoch.epoch for epoch in store.read(record.plan.folder).epochs] == list(range(1, whole + 3))
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_a_death_in_the_first_line_leaves_no_epoch(store, tmp_path):
    record = keep(store, builders.record(0))
    epochs_file(tmp_path, record).write_bytes(b'{"epoch":1,"met')
    assert store.read(record.plan.folder).epochs == ()
    store.append(record.plan, builders.epoch(1))
    assert store.read(record.plan.folder).epochs == (builders.epoch(1),)


def test_an_epoch_trained_twice_is_kept_once_as_it_came_out_last(store):
    record = keep(store, builders.record(0, epochs=3))
    again = [builders.epoch(2, objective=0.7), builders.epoch(3, objective=0.8)]
    for epoch in again:
        store.append(record.plan, epoch)
    assert store.read(record.plan.folder).epochs == (record.epochs[0], *again)


def test_a_death_before_a_replacement_is_whole_leaves_the_record_as_it_was(store, tmp_path):
    record = keep(store, builders.record(0, epochs=1))
    (tmp_path / record.plan.folder / "trial.json.partial").write_text('{"plan": {')
    assert store.read_all() == [record]
    ended = record.ended(TrialState.COMPLETE, at=builders.START + 9)
    store.write(ended)
    assert store.read_all() == [ended]
    assert sorted(path.name for path in (tmp_path / record.plan.folder).iterdir()) == ["epochs.jsonl", "trial.json"]


def test_every_damaged_file_is_named(store, tmp_path):
    records = [keep(store, builders.record(number, epochs=2)) for number in range(4)]
    damaged = [tmp_path / records[0].plan.folder / "trial.json", tmp_path / records[1].plan.folder / "trial.json"]
    damaged[0].write_text('{"plan": ')
    damaged[1].write_text('{"state": "complete"}')
    lines = epochs_file(tmp_path, records[2])
    lines.write_text("\x00\x00\n" + lines.read_text())
    with pytest.raises(InputError) as caught:
        store.read_all()
    message = str(caught.value)
    assert all(f"{path}: not a trial record" in message for path in damaged)
    assert f"{lines}:1: not an epoch record" in message
    assert len(caught.value.problems) == 3
    assert store.read(records[3].plan.folder) == records[3]


def test_a_missing_record_is_named(store, tmp_path):
    with pytest.raises(InputError, match=r"trials/none/trial\.json: no such trial"):
        store.read("trials/none")


@pytest.mark.parametrize("folder", ["../elsewhere", "trials/../../elsewhere", "/elsewhere", "", "."])
def test_a_folder_outside_the_directory_is_refused(store, folder):
    with pytest.raises(InputError, match="no place for a record"):
        store.read(folder)


def test_a_link_out_of_the_directory_is_refused(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "trials").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="no place for a record"):
        RecordStore(tmp_path / "study").write(builders.record(0))
