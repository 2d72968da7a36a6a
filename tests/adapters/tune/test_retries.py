"""Trials whose process died go again, from their last checkpoint, as often as is allowed and not where it died."""

import pickle

import pytest
import torch
from builders import epoch, scored
from ray.exceptions import ActorDiedError, ActorUnavailableError, OutOfMemoryError

from study.adapters.checkpoint_shelf import LocalCheckpoints
from study.adapters.ledger import Ledger
from study.adapters.source import TrialSource, no_difference
from study.adapters.tune.out_of_memory import can_halve, is_out_of_memory
from study.adapters.tune.retries import DOUBT_S, WAIT_S, Retries
from study.adapters.tune.unforeseen_deaths import RayLostActorError
from study.adapters.watcher import Watcher
from study.values.states import TrialState

KILLED = RayLostActorError(OutOfMemoryError("the node ran low on memory\nTop 10 memory users: ..."))
SILENT = ActorUnavailableError("no answer", None)


class OnePack(TrialSource):
    """Hands out a pack of three and notes how its trials ended."""

    def __init__(self):
        self.ended = {}

    def next(self, cost=no_difference, num_places=1):
        return [scored(number=number, objectives=[]) for number in range(3)]

    def report(self, plan, epoch):
        pass

    def finish(self, record):
        self.ended[record.plan.number] = (record.state, record.reason, record.traceback)


class Bench(Watcher):
    def __init__(self, folder, max_failures):
        self.now = 0.0
        self.deaths = []
        self.source = OnePack()
        self.ledger = Ledger(self.source, [self])
        self.retries = Retries(self.ledger, LocalCheckpoints(folder), max_failures, clock=lambda: self.now)
        self.keys = [plan.folder for plan in self.ledger.take()]

    def on_death(self, record, reason):
        self.deaths.append((record.plan.number, reason))

    def again(self):
        """Return the trials that go again, place by place."""
        return list(iter(lambda: [plan.number for plan in self.retries.take()], []))


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, 3)


def test_a_trial_goes_on_from_its_last_checkpoint_and_from_the_start_where_that_is_gone(bench, tmp_path):
    (tmp_path / "checkpoints/a").mkdir(parents=True)
    bench.ledger.checkpoint(bench.keys[0], "checkpoints/a")
    bench.ledger.checkpoint(bench.keys[1], "checkpoints/gone")
    bench.retries.died(bench.keys, None, SILENT)
    plans = bench.retries.take()
    assert [plan.checkpoint for plan in plans] == [str(tmp_path / "checkpoints/a"), None, None]
    assert bench.retries.take() == []
    assert bench.deaths == [(number, f"its worker died: {SILENT}") for number in range(3)]


def test_a_pack_goes_again_as_a_whole_once_and_after_that_each_trial_alone(bench):
    bench.retries.died(bench.keys, None, SILENT)
    assert bench.again() == [[0, 1, 2]]
    bench.ledger.epoch(bench.keys[1], epoch(1))
    bench.ledger.end(bench.keys[1], TrialState.PRUNED)
    bench.retries.died([bench.keys[0], bench.keys[2]], None, SILENT)
    assert bench.again() == [[0], [2]]


def test_the_last_of_a_pack_that_took_too_long_is_tried_again_for_it_shared_the_time(bench):
    for key in bench.keys[1:]:
        bench.ledger.end(key, TrialState.PRUNED)
    bench.retries.ran_out_of_time(bench.keys, 5)
    bench.retries.died(bench.keys[:1], None, SILENT, packed=True)
    assert bench.again() == [[0]]
    bench.retries.ran_out_of_time(bench.keys[:1], 5)
    bench.retries.died(bench.keys[:1], None, SILENT, packed=False)
    assert bench.again() == []
    assert bench.source.ended[0][:2] == (TrialState.FAILED, "took longer than budget.trial_wall_clock_s = 5 s")


def test_a_trial_whose_process_dies_too_often_fails_alone(bench):
    for _ in range(3):
        bench.retries.died(bench.keys[:1], None, SILENT)
        assert bench.again() == [[0]]
    bench.retries.died(bench.keys[:1], None, SILENT)
    assert bench.again() == []
    state, reason, traceback = bench.source.ended.pop(0)
    assert (state, reason) == (TrialState.FAILED, f"its worker died: {SILENT}")
    assert "no answer" in traceback
    assert bench.source.ended == {}


def test_no_failures_allowed(tmp_path):
    bench = Bench(tmp_path, 0)
    bench.retries.died(bench.keys, "a", SILENT)
    assert bench.again() == []
    assert set(bench.source.ended) == {0, 1, 2}


def test_a_node_that_was_taken_back_is_not_held_against_the_trial(bench):
    preempted = ActorDiedError()
    preempted._preempted = True
    assert preempted.preempted
    for _ in range(9):
        bench.retries.died(bench.keys, None, preempted)
        assert bench.again() == [[0, 1, 2]]


def test_nothing_goes_to_a_node_that_does_not_answer_until_ray_must_know(bench):
    rooms = {"a": 2, "b": 2}
    bench.retries.died(bench.keys, "a", SILENT)
    assert bench.retries.without_doubted(rooms) == {"b": 2}
    assert bench.retries.without_doubted({"a": 2}) == {"a": 2}, "there is no other"
    bench.now = DOUBT_S + 1
    assert bench.retries.without_doubted(rooms) == rooms


def test_a_node_is_not_doubted_where_ray_knows_what_became_of_the_actor(bench):
    bench.retries.died(bench.keys, "a", ActorDiedError())
    assert bench.retries.without_doubted({"a": 2, "b": 2}) == {"a": 2, "b": 2}


def test_a_pack_that_was_killed_for_its_memory_goes_again_one_by_one_after_a_while(bench):
    bench.retries.died(bench.keys, None, KILLED)
    assert bench.again() == []
    assert bench.retries.are_waiting
    bench.now = WAIT_S
    plans = [bench.retries.take() for _ in range(3)]
    assert [[(plan.number, plan.micro_batches) for plan in group] for group in plans] == [[(n, 1)] for n in range(3)]
    assert not bench.retries.are_waiting


def test_one_that_was_killed_alone_goes_again_in_parts_and_waits_longer_every_time(bench):
    died_at = 0.0
    for number in range(3):
        bench.retries.died(bench.keys[:1], None, KILLED)
        wait_s = WAIT_S * 2**number
        bench.now = died_at + wait_s - 0.1
        assert bench.retries.take() == []
        bench.now = died_at = died_at + wait_s
        [plan] = bench.retries.take()
        assert plan.micro_batches == 2
    bench.retries.died(bench.keys[:1], None, KILLED)
    assert not bench.retries.are_waiting
    assert bench.source.ended[0] == (TrialState.FAILED, "its worker died: the node ran low on memory", str(KILLED))


def test_a_batch_of_too_few_is_not_halved(bench):
    plan = bench.ledger.plan(bench.keys[0])
    assert can_halve(plan)
    assert not can_halve(plan.model_copy(update={"num_workers": 9}))
    assert not can_halve(plan.model_copy(update={"micro_batches": 2}))


@pytest.mark.parametrize("error", [KILLED, pickle.loads(pickle.dumps(KILLED)), MemoryError(), torch.OutOfMemoryError()])
def test_what_says_that_memory_was_short(error):
    assert is_out_of_memory(error)


def test_what_torch_says_where_a_cpu_has_no_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("wrong shape"))
    assert not is_out_of_memory(SILENT)
