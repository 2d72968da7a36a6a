"""A full disk is waited for; what does not pass is raised at once, and what lasts too long says how to go on."""

import errno
import time

import pytest
from builders import scored
from optuna.study import StudyDirection
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial
from small_disk import fill, make_room, needs_mount, small_disk

from study.adapters.optuna_search.arm_database import ArmDatabase
from study.adapters.optuna_search.storage import open_storage
from study.adapters.patience import in_one_sentence, patiently
from study.adapters.record_store import RecordKeeper, RecordStore
from study.values.problems import InputError


class Time:
    """A clock that waiting moves."""

    def __init__(self):
        self.now, self.waits = 0.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def fails(times, error):
    """Return a write that fails so many times."""
    left = [error] * times

    def write():
        if left:
            raise left.pop()
        return "written"

    return write


def full():
    return OSError(errno.ENOSPC, "No space left on device")


def test_what_passes_is_waited_for_longer_and_longer_and_said_once(capsys):
    time = Time()
    assert patiently(fails(6, full()), "the record", clock=time, sleep=time.sleep) == "written"
    assert time.waits == [0.25, 0.5, 1, 2, 4, 5]
    assert capsys.readouterr().err.count("the record cannot be written: [Errno 28] No space left on device") == 1


def test_what_lasts_too_long_ends_with_a_sentence():
    time = Time()
    with pytest.raises(InputError, match=r"the record could not be written for 20 s: .*No space.*`study resume`"):
        patiently(fails(1000, full()), "the record", limit_s=20, clock=time, sleep=time.sleep)


def test_what_does_not_pass_is_raised_at_once():
    time = Time()
    for error in (PermissionError(errno.EACCES, "denied"), ValueError("wrong")):
        with pytest.raises(type(error)):
            patiently(fails(1, error), "the record", clock=time, sleep=time.sleep)
    assert time.waits == []


def test_what_is_not_waited_for_is_said_in_a_sentence_too():
    with pytest.raises(InputError, match=r"/run cannot be written: .*No space.*`study resume` goes on"):  # noqa: SIM117
        with in_one_sentence("/run"):
            raise full()
    with pytest.raises(ValueError, match="wrong"), in_one_sentence("/run"):
        raise ValueError("wrong")


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk", kib=256) as mounted:
        yield mounted


@needs_mount
def test_records_are_whole_after_the_disk_was_full_for_a_while(disk):
    keeper, store = RecordKeeper(RecordStore(disk)), RecordStore(disk)
    record = scored(number=0, objectives=[0.1, 0.2])
    keeper.on_start(record.model_copy(update={"epochs": ()}))
    keeper.on_epoch(record.plan, record.epochs[0])
    thread = make_room(fill(disk))
    keeper.on_epoch(record.plan, record.epochs[1])
    keeper.on_end(record)
    thread.join()
    assert store.read(record.plan.folder) == record


@needs_mount
def test_optunas_database_is_whole_after_the_disk_was_full_for_a_while(disk):
    database = ArmDatabase(open_storage(None, disk), "full/arm", [StudyDirection.MAXIMIZE])
    number = database.add(create_trial(state=OptunaState.RUNNING))
    database.report(number, 1, 0.5)
    thread = make_room(fill(disk))
    began = time.monotonic()
    for epoch in range(2, 400):
        database.report(number, epoch, 0.5)
    database.finish(number, OptunaState.COMPLETE, [0.75], {"note": "n" * 20_000})
    thread.join()
    assert time.monotonic() - began > 1, "it had to wait"
    [trial] = ArmDatabase(open_storage(None, disk), "full/arm", [StudyDirection.MAXIMIZE]).read()
    assert (trial.state, trial.values) == (OptunaState.COMPLETE, [0.75])
    assert len(trial.intermediate_values) == 399
