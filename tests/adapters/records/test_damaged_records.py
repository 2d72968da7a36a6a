"""Any byte of a record's files may change, be cut off or be gone: that is noticed, or changes nothing."""

import builders
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.adapters.record_store import RecordStore
from study.values.problems import InputError
from study.values.states import TrialState

RECORD = builders.record(3, epochs=3, state=TrialState.COMPLETE, reason="no better objective for 2 epochs \N{SNOWMAN}")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    directory = tmp_path_factory.mktemp("study")
    store = RecordStore(directory, location="s3://bucket/run")
    for epoch in RECORD.epochs:
        store.append(RECORD.plan, epoch)
    store.write(RECORD)
    folder = directory / RECORD.plan.folder
    return store, {name: (folder / name, (folder / name).read_bytes()) for name in ("trial.json", "epochs.jsonl")}


@pytest.fixture
def files(kept):
    store, files = kept
    yield store, files
    for path, content in files.values():
        path.write_bytes(content)


def assert_noticed_or_harmless(store):
    try:
        assert store.read(RECORD.plan.folder) == RECORD
    except InputError:
        assert set(store.damaged()) == {RECORD.plan.folder}


@pytest.mark.parametrize("name", ["trial.json", "epochs.jsonl"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_byte_that_changed_is_noticed_or_changes_nothing(files, name, data):
    store, known = files
    path, content = known[name]
    place = data.draw(st.integers(0, len(content) - 1))
    path.write_bytes(content[:place] + bytes([data.draw(st.integers(0, 255))]) + content[place + 1 :])
    assert_noticed_or_harmless(store)


@pytest.mark.parametrize("name", ["trial.json", "epochs.jsonl"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_short_of_a_trial_that_ended_is_noticed(files, name, data):
    store, known = files
    path, content = known[name]
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 2))])
    with pytest.raises(InputError):
        store.read(RECORD.plan.folder)
    assert set(store.damaged()) == {RECORD.plan.folder}


def test_a_number_that_is_still_valid_json_is_noticed_and_said_what_to_do(files):
    store, known = files
    path, content = known["epochs.jsonl"]
    path.write_bytes(content.replace(b'"num_samples":0', b'"num_samples":1', 1))
    with pytest.raises(InputError) as caught:
        store.read_all()
    remedy = "`study resume s3://bucket/run` sets it aside and trains the trial anew"
    assert str(caught.value) == f"{path}:1: not an epoch record; the file was damaged; {remedy}"


@pytest.mark.parametrize("name", ["trial.json", "epochs.jsonl"])
def test_a_file_that_is_gone_is_noticed(files, name):
    store, known = files
    known[name][0].unlink()
    assert set(store.damaged()) == {RECORD.plan.folder}


def test_an_epoch_that_is_gone_between_others_is_noticed(files):
    store, known = files
    path, content = known["epochs.jsonl"]
    lines = content.splitlines(keepends=True)
    running = RECORD.model_copy(update={"state": TrialState.RUNNING, "epochs": (), "ended_at": None})
    path.write_bytes(lines[0] + lines[2])
    store.write(running)
    with pytest.raises(InputError, match="epoch 2 is missing"):
        store.read(RECORD.plan.folder)


def test_files_of_an_earlier_version_are_read_as_they_are(files):
    store, known = files
    folder = known["trial.json"][0].parent
    (folder / "trial.json").write_text(RECORD.model_dump_json(indent=2, exclude={"epochs"}))
    (folder / "epochs.jsonl").write_text("".join(f"{epoch.model_dump_json()}\n" for epoch in RECORD.epochs))
    assert store.read(RECORD.plan.folder) == RECORD
    assert not store.damaged()
