import os

import builders
import pytest
from tensorboard.plugins.hparams import api_pb2

from study.adapters.tensorboard import TensorBoardWatcher
from study.values.metric_names import OBJECTIVE
from study.values.protocols import Protocol
from study.values.states import TrialState

ARMS = builders.arms()


def event_files(folder):
    return sorted(path for path in folder.iterdir() if "tfevents" in path.name)


@pytest.fixture
def interrupted(tmp_path):
    """A study directory whose trial 0 has two epochs and was left running."""
    watcher = TensorBoardWatcher(tmp_path, ARMS)
    running = builders.record(0)
    watcher.on_start(running)
    for number in (1, 2):
        watcher.on_epoch(running.plan, builders.epoch(number))
    watcher.close()
    return tmp_path


def resume(directory, *, known_epochs):
    watcher = TensorBoardWatcher(directory, ARMS)
    watcher.on_start(builders.record(0, epochs=known_epochs))
    for number in range(known_epochs + 1, 4):
        watcher.on_epoch(builders.plan(0), builders.epoch(number))
    watcher.on_end(builders.record(0, epochs=3, state=TrialState.COMPLETE))
    watcher.close()


@pytest.mark.parametrize("known_epochs", [1, 2, 3], ids=["events ahead of record", "level", "record ahead of events"])
def test_a_resumed_trial_has_every_epoch_once(interrupted, read, known_epochs):
    resume(interrupted, known_epochs=known_epochs)
    reader = read(interrupted)
    run = builders.plan(0).folder
    assert reader.steps(run, OBJECTIVE) == [1, 2, 3]
    (group,) = reader.sessions().values()
    assert group.sessions[0].status == api_pb2.STATUS_SUCCESS
    assert group.hparams["batch_size"].number_value == 32


def test_a_file_cut_short_by_a_death_is_made_up_for(interrupted, read):
    folder = interrupted / builders.plan(0).folder
    (file,) = event_files(folder)
    os.truncate(file, file.stat().st_size - 7)
    resume(interrupted, known_epochs=2)
    assert read(interrupted).steps(builders.plan(0).folder, OBJECTIVE) == [1, 2, 3]


def test_an_end_that_reached_only_the_record_is_made_up_for(interrupted, read):
    ended = builders.record(0, epochs=3, state=TrialState.COMPLETE)
    for _ in range(2):
        TensorBoardWatcher(interrupted, ARMS, earlier=[ended, builders.record(1)]).close()
    reader = read(interrupted)
    assert reader.steps(ended.plan.folder, OBJECTIVE) == [1, 2, 3]
    assert reader.sessions()[ended.plan.folder].sessions[0].status == api_pb2.STATUS_SUCCESS
    assert len(event_files(interrupted / ended.plan.folder)) == 2


def test_a_trial_started_again_in_the_same_process_is_written_once(tmp_path, read):
    watcher = TensorBoardWatcher(tmp_path, ARMS)
    watcher.on_start(builders.record(0))
    watcher.on_epoch(builders.plan(0), builders.epoch(1))
    watcher.on_start(builders.record(0, epochs=1))
    watcher.on_epoch(builders.plan(0), builders.epoch(2))
    watcher.close()
    assert read(tmp_path).steps(builders.plan(0).folder, OBJECTIVE) == [1, 2]
    assert len(event_files(tmp_path / builders.plan(0).folder)) == 1


def test_a_trial_that_failed_before_it_started_is_shown(tmp_path, read):
    watcher = TensorBoardWatcher(tmp_path, ARMS)
    watcher.on_end(builders.record(5, state=TrialState.FAILED, reason="worker lost"))
    (group,) = read(tmp_path).sessions().values()
    assert group.sessions[0].status == api_pb2.STATUS_FAILURE
    assert group.hparams["batch_size"].number_value == 32


def test_the_columns_are_written_once_and_replaced_when_they_change(tmp_path, read):
    for _ in range(2):
        TensorBoardWatcher(tmp_path, [builders.arm()]).close()
    assert len(event_files(tmp_path)) == 1
    TensorBoardWatcher(tmp_path, [builders.arm(Protocol.SHARED_REPRESENTATION)]).close()
    assert len(event_files(tmp_path)) == 1
    assert "task_weights.type" in {info.name for info in read(tmp_path).experiment().hparam_infos}
