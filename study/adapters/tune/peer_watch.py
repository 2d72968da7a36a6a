"""Watching the peers while this process is busy: a rank that waits in an exchange cannot see that another is gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import ray

from study.adapters.tune.peer_errors import cause_of
from study.learning import process_group
from study.learning.errors import TrainingError

_INTERVAL_S = 0.5
_GRACE_S = 300.0
"""Seconds after which a wait that could not be broken off is ended with the whole process, which Tune notices."""


class PeerWatch:
    """Inside the block, breaks off what this process waits for as soon as a peer fails."""

    def __init__(self, peers: Sequence[Any], answers: Sequence[Any]) -> None:
        """Watch.

        Args:
            peers: The actors.
            answers: What each is to return; an error is its failure.
        """
        self._peers = peers
        self._answers = list(answers)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peer-watch", daemon=True)
        self.cause: Exception | None = None
        """What went wrong in the first peer that failed."""

    def __enter__(self) -> PeerWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Not joined: it ends within its interval, which an epoch shall not wait for.
        self._over.set()

    def _watch(self) -> None:
        waiting = self._answers
        while waiting and not self._over.is_set():
            ready, waiting = ray.wait(waiting, timeout=_INTERVAL_S)
            for answer in ready:
                try:
                    ray.get(answer)
                except TrainingError:
                    pass  # all ranks say it at once, this one too
                except Exception as error:
                    self._break_off(cause_of(error))
                    return

    def _break_off(self, cause: Exception) -> None:
        if self._over.is_set():
            return
        if not process_group.is_broken_connection(cause):
            self.cause = cause
        for peer in self._peers:
            ray.kill(peer)
        process_group.abort()
        if not self._over.wait(_GRACE_S):
            os._exit(1)
