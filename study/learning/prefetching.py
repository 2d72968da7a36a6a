"""Prefetching: a thread fetches what the next steps read while a step computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import torch
from torch import Tensor

from study.learning.inputs import Inputs
from study.learning.reading import Reading

T = TypeVar("T")

_DEPTH = 2
"""Steps that are fetched, or being fetched, beside the one that computes."""


@contextmanager
def prefetched(steps: Iterable[T], readings: Callable[[T], Iterable[Reading]], *, ahead: bool) -> Iterator[Iterator[T]]:
    """Give steps in their order, what they read being fetched before; the thread ends with the context.

    Steps are drawn by the caller's own thread, and so are all random numbers: batches are bitwise those that are read
    without a thread. An error of fetching is raised where its step is asked for.

    Args:
        steps: Drawn two steps ahead.
        readings: What a step reads.
        ahead: Whether to fetch at all; without, steps come as they are, and no thread starts.
    """
    if not ahead:
        yield iter(steps)
        return

    def fetch(step: T) -> T:
        for reading in readings(step):
            reading.fetch()
        return step

    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch")
    try:
        yield _in_order(executor, iter(steps), fetch)
    finally:
        executor.shutdown(cancel_futures=True)


def _in_order(executor: ThreadPoolExecutor, steps: Iterator[T], fetch: Callable[[T], T]) -> Iterator[T]:
    waiting: deque[Future[T]] = deque(executor.submit(fetch, step) for step in islice(steps, _DEPTH))
    while waiting:
        step = waiting.popleft().result()
        waiting.extend(executor.submit(fetch, following) for following in islice(steps, 1))
        yield step


@contextmanager
def batches(
    inputs: Inputs, parts: Sequence[Tensor], device: torch.device, *, ahead: bool
) -> Iterator[Iterator[tuple[Tensor, Tensor]]]:
    """Give the rows and the batch of each part, one after another.

    Args:
        inputs: Of what.
        parts: Rows of each batch.
        device: Where batches are wanted.
        ahead: Whether the next ones are fetched while one computes.
    """
    readings = ((rows, Reading(inputs, rows, device, ahead=ahead)) for rows in parts)
    with prefetched(readings, lambda step: step[1:], ahead=ahead and len(parts) > 1) as steps:
        yield ((rows, reading.batch()) for rows, reading in steps)
