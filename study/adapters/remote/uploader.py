"""Keeps a URL up to date while a study runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from study.adapters.remote.errors import StoreError
from study.adapters.remote.mirror import Mirror
from study.values.problems import InputError

INTERVAL_S = 3.0
"""Seconds between two uploads."""
_SHARE = 10
"""An upload that takes long is followed by a pause this many times as long."""
_LONGEST_PAUSE_S = 60.0
_LAST_PAUSES_S = (1.0, 3.0, 9.0)
"""Seconds between attempts at the upload that ends a run."""

_log = logging.getLogger(__name__)


class Uploader:
    """Pushes a mirror again and again from a thread of its own."""

    def __init__(self, mirror: Mirror, check: Callable[[], None], *, url: str, interval_s: float = INTERVAL_S) -> None:
        """Prepare it.

        Args:
            mirror: What is pushed.
            check: Raises where this process may write there no more.
            url: Where it is pushed, for messages.
            interval_s: Seconds between two uploads.
        """
        self._mirror = mirror
        self._check = check
        self._url = url
        self._interval_s = interval_s
        self._stop = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Upload while the block runs, and whole at its end.

        Raises:
            StoreError: If the last upload fails: says where the results are.
        """
        thread = threading.Thread(target=self._run, name="upload", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            self._finish()

    def _run(self) -> None:
        pause, failing = self._interval_s, False
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self._check()
                self._mirror.push()
            except StoreError as error:
                if not failing:
                    _log.warning("%s; the study goes on and tries again, all is kept in %s", error, self._mirror.folder)
                failing = True
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            except InputError:
                return  # no longer ours to write; the run hears of it too
            except Exception:
                _log.exception("uploading to %s stopped; at the end of the run it is tried once more", self._url)
                return
            if failing:
                _log.warning("%s is written to again", self._url)
            failing = False
            pause = max(self._interval_s, _SHARE * (time.monotonic() - began))

    def _finish(self) -> None:
        for pause in (*_LAST_PAUSES_S, None):
            try:
                self._check()
                self._mirror.push()
                return
            except StoreError as error:
                if pause is None:
                    raise StoreError(
                        f"{error}; what was not uploaded is in {self._mirror.folder} alone: "
                        f"`study resume '{self._url}'` on this machine uploads it"
                    ) from error
                time.sleep(pause)
