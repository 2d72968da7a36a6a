"""Event files that are damaged: noticed by their checksums, and written anew from the records."""

import builders
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.adapters.tensorboard.event_checks import damaged_files
from study.adapters.tensorboard.event_files import read_events
from study.adapters.tensorboard.study_summary import StudySummary
from study.adapters.tensorboard.watcher import TensorBoardWatcher
from study.values.spec import TensorBoardSpec
from study.values.states import TrialState

RECORDS = [
    builders.record(0, epochs=3, state=TrialState.COMPLETE),
    builders.record(1, epochs=2, state=TrialState.PRUNED),
    builders.record(2, epochs=3, state=TrialState.COMPLETE),
]
SHOWN = TensorBoardSpec(num_best=2)


@pytest.fixture
def directory(tmp_path):
    watcher = TensorBoardWatcher(tmp_path, builders.arms(), shown=SHOWN)
    for record in RECORDS:
        watcher.on_start(record.model_copy(update={"epochs": (), "state": TrialState.RUNNING, "ended_at": None}))
        for epoch in record.epochs:
            watcher.on_epoch(record.plan, epoch)
        watcher.on_end(record)
    watcher.close()
    return tmp_path


def tags(folder):
    return sorted((event.step, value.tag) for event in read_events(folder) for value in event.summary.value)


def event_files(folder):
    return [path for path in folder.iterdir() if "tfevents" in path.name and path.stat().st_size]


DAMAGES = {
    "flipped": lambda path: path.write_bytes(path.read_bytes()[:99] + b"\x07" + path.read_bytes()[100:]),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "emptied": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_what_is_damaged_is_written_anew_from_the_records(directory, how):
    folders = [directory, *(directory / record.plan.folder for record in RECORDS)]
    before = [tags(folder) for folder in folders]
    assert all(before)
    for folder in folders:
        [path] = event_files(folder)
        DAMAGES[how](path)
    TensorBoardWatcher(directory, builders.arms(), earlier=RECORDS, shown=SHOWN).close()
    assert [tags(folder) for folder in folders] == before
    assert not damaged_files(path for folder in folders for path in event_files(folder))


def test_what_is_whole_is_left_as_it_is(directory):
    folders = [directory, *(directory / record.plan.folder for record in RECORDS)]
    before = [(path, path.stat().st_mtime_ns) for folder in folders for path in event_files(folder)]
    TensorBoardWatcher(directory, builders.arms(), earlier=RECORDS, shown=SHOWN).close()
    assert [(path, path.stat().st_mtime_ns) for folder in folders for path in event_files(folder)] == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_that_changed_is_noticed(directory, data):
    [path] = event_files(directory / RECORDS[0].plan.folder)
    content = bytearray(path.read_bytes())
    assert not damaged_files([path])
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    changed = directory / "changed"
    changed.write_bytes(content)
    assert damaged_files([changed])


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_summary_goes_on(tmp_path, how):
    def shown():
        summary = StudySummary(tmp_path, builders.arms(), lambda records: f"{len(records)} ended", earlier=RECORDS)
        summary.close()
        return set(tags(tmp_path / "summary"))

    before = shown()
    assert len(before) > 2
    [path] = event_files(tmp_path / "summary")
    DAMAGES[how](path)
    assert shown() == before


def test_a_running_trial_whose_events_are_damaged_goes_on(directory):
    running = RECORDS[0].model_copy(update={"state": TrialState.RUNNING, "ended_at": None})
    folder = directory / running.plan.folder
    before = {tag for tag in tags(folder) if tag[0] > 0}
    [path] = event_files(folder)
    DAMAGES["flipped"](path)
    watcher = TensorBoardWatcher(directory, builders.arms(), shown=SHOWN)
    watcher.on_start(running)
    watcher.close()
    assert before <= set(tags(folder))
