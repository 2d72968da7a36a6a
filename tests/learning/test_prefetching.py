"""Steps come in their order, fetched before in one thread, which is there for as long as it is needed and no longer."""

import threading

import pytest
import torch

from study.learning.feature_cache import FeatureCache
from study.learning.inputs import Inputs
from study.learning.prefetching import batches, prefetched
from study.learning.reading import Reading

CPU = torch.device("cpu")
PARTS = torch.arange(24).split(4)


class Counted(Inputs):
    """Rows are their own values; who fetched which is noted, and one of them cannot be read."""

    def __init__(self, broken=-1):
        self.fetched, self.threads, self._broken = [], set(), broken

    def fetch(self, rows):
        self.threads.add(threading.current_thread())
        if self._broken in rows:
            raise OSError(f"row {self._broken} is gone")
        self.fetched.append(rows)
        return rows

    def prepare(self, fetched, device):
        assert threading.current_thread() is threading.main_thread()
        return fetched * 10 + torch.randint(10, fetched.shape)


def given(inputs, ahead):
    torch.manual_seed(0)
    with batches(inputs, PARTS, CPU, ahead=ahead) as read:
        return [(rows.tolist(), batch.tolist()) for rows, batch in read]


def test_batches_and_random_numbers_are_those_without_a_thread():
    with_thread, without = Counted(), Counted()
    assert given(with_thread, True) == given(without, False)
    assert without.threads == {threading.main_thread()}
    [thread] = with_thread.threads
    assert thread is not threading.main_thread()
    assert not thread.is_alive()


def test_two_steps_at_most_are_fetched_beside_the_one_that_computes():
    inputs = Counted()
    with batches(inputs, PARTS, CPU, ahead=True) as read:
        for number, _ in enumerate(read):
            assert len(inputs.fetched) <= number + 3


def test_a_single_batch_needs_no_thread():
    inputs = Counted()
    with batches(inputs, PARTS[:1], CPU, ahead=True) as read:
        list(read)
    assert inputs.threads == {threading.main_thread()}


@pytest.mark.parametrize("ahead", [True, False])
def test_an_error_is_raised_at_its_batch_and_nothing_is_fetched_after(ahead):
    inputs, seen = Counted(broken=14), []

    def read_all():
        with batches(inputs, PARTS, CPU, ahead=ahead) as read:
            for rows, _ in read:
                seen.extend(rows.tolist())

    with pytest.raises(OSError, match=r"^row 14 is gone$"):
        read_all()
    assert seen == list(range(12))
    assert not any(thread.is_alive() for thread in inputs.threads - {threading.main_thread()})


def test_whoever_stops_early_leaves_no_thread_and_draws_no_more_steps():
    inputs, drawn = Counted(), []

    def steps():
        for rows in PARTS:
            drawn.append(rows)
            yield Reading(inputs, rows, CPU, ahead=True)

    def abandoned():
        with prefetched(steps(), lambda reading: [reading], ahead=True) as read:
            yield from read

    giving = abandoned()
    next(giving)
    giving.close()
    assert len(drawn) == 3
    assert not any(thread.is_alive() for thread in inputs.threads)
    failing = abandoned()
    next(failing)
    with pytest.raises(KeyError):
        failing.throw(KeyError("of the step"))
    assert not any(thread.is_alive() for thread in inputs.threads)


def test_what_was_fetched_gives_a_batch_as_often_as_it_is_wanted():
    inputs = Counted()
    reading = Reading(inputs, PARTS[1], CPU, ahead=True)
    reading.fetch()
    first, second = reading.batch(), reading.batch()
    assert torch.equal(first // 10, second // 10)
    assert len(inputs.fetched) == 1
    late = Reading(inputs, PARTS[1], CPU)
    late.fetch()
    assert len(inputs.fetched) == 1, "it is fetched when it is wanted"
    assert torch.equal(late.batch() // 10, PARTS[1])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="sends to a GPU")
def test_what_is_sent_to_a_gpu_beside_its_work_arrives_whole():
    values = torch.rand(4096, 4096)
    gpu = torch.device("cuda")
    with batches(FeatureCache(values, hit=True), torch.randperm(4096).split(256), gpu, ahead=True) as read:
        for rows, batch in read:
            busy = batch
            for _ in range(20):
                busy = busy @ busy.T @ batch / 4096
            assert torch.equal(batch.cpu(), values[rows])
