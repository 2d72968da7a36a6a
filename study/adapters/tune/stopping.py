"""Stopping a sweep when a person or the machine asks for it: SIGINT (Ctrl-C) and SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import ray

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTICE = "stopping after the epoch that runs now, with a checkpoint; once more (Ctrl-C) stops at once"


class StoppedAtOnce(KeyboardInterrupt):
    """Raised where a signal came a second time. What had not been written down is trained again on resume."""


class StopRequest:
    """Whether a sweep is to end, and by which signal."""

    def __init__(self) -> None:
        """Begin with no request."""
        self.signal: int | None = None

    @property
    def is_made(self) -> bool:
        """Whether nothing new is to begin, and what runs is to be let go of after its epoch."""
        return self.signal is not None


@contextmanager
def stop_on_signals(notice: str = _NOTICE) -> Iterator[StopRequest]:
    """Turn the first SIGINT or SIGTERM inside the block into a request, and the second into an exception.

    Where this is not the main thread, which alone hears signals, or a task of a cluster, which Ray ends its own way,
    none is ever made.

    Args:
        notice: Written at the first signal: what happens now.

    Raises:
        StoppedAtOnce: Inside the block, at the second signal.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread() or _is_task():
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if request.is_made:
            raise StoppedAtOnce
        request.signal = number
        print(f"\n{notice}", file=sys.stderr, flush=True)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_task() -> bool:
    return bool(ray.is_initialized() and ray.get_runtime_context().worker.mode == ray.WORKER_MODE)
