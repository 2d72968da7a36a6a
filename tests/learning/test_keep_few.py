"""A few examples of each class: so many of each, nested, and of every task the same whatever other tasks there are."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from study.learning.few_shot import keep_few
from study.learning.stream import Stream
from study.parts.tasks.data import MISSING


@pytest.fixture(scope="module")
def stream():
    """400 rows, the first 300 of them to train on; a class of 3, and some labels missing."""
    generator = torch.Generator().manual_seed(0)
    one = torch.randint(4, (400,), generator=generator)
    one[[5, 70, 200]] = 4
    other = torch.randint(2, (400,), generator=generator)
    other[torch.rand(400, generator=generator) < 0.3] = MISSING
    rows = torch.arange(400)
    labels = torch.stack([one, other])
    return Stream(tasks=(0, 1), inputs=None, start=0, labels=labels, train=rows[:300], validation=rows[300:])


def alone(stream, task):
    return replace(stream, tasks=(task,), labels=stream.labels[task : task + 1])


def labelled(stream, task):
    """Return the rows that a task is trained on."""
    return set(stream.train[stream.labels[task, stream.train] != MISSING].tolist())


@pytest.mark.parametrize("number", [1, 2, 5, 50])
def test_each_class_has_so_many_or_all_that_there_are(stream, number):
    few = keep_few(stream, number, seed=3)
    for task, num_classes in ((0, 5), (1, 2)):
        rows = torch.tensor(sorted(labelled(few, task)))
        there = torch.bincount(stream.labels[task, :300][stream.labels[task, :300] != MISSING], minlength=num_classes)
        assert (
            torch.bincount(few.labels[task, rows], minlength=num_classes).tolist() == there.clamp(max=number).tolist()
        )
        assert torch.equal(few.labels[task, rows], stream.labels[task, rows])
    assert set(few.train.tolist()) == labelled(few, 0) | labelled(few, 1), "no example that no task learns from"
    assert few.train.tolist() == sorted(few.train.tolist())


def test_fewer_examples_are_among_more_for_every_task(stream):
    for task in (0, 1):
        taken = [labelled(keep_few(stream, number, seed=3), task) for number in (1, 2, 5, 10, 50)]
        assert all(fewer < more for fewer, more in pairwise(taken))


def test_a_task_has_the_same_examples_alone_and_beside_another(stream):
    together = keep_few(stream, 5, seed=3)
    for task in (0, 1):
        assert labelled(keep_few(alone(stream, task), 5, seed=3), 0) == labelled(together, task)


def test_seeds_draw_other_examples_and_leave_validation_alone(stream):
    one, again, other = (keep_few(stream, 5, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one.train, again.train)
    assert not torch.equal(one.train, other.train)
    assert torch.equal(one.validation, stream.validation)
    assert torch.equal(one.labels[:, 300:], stream.labels[:, 300:])


def test_more_than_there_are_is_all_that_has_a_label(stream):
    few = keep_few(alone(stream, 1), 1000, seed=3)
    assert labelled(few, 0) == set(torch.nonzero(stream.labels[1, :300] != MISSING).flatten().tolist())
