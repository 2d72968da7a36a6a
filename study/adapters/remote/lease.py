"""A lease on a URL: one process at a time runs the study there, and one that died loses it."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from study.adapters.remote.errors import StoreError
from study.adapters.remote.object_store import ObjectStore
from study.values.frozen import Frozen
from study.values.problems import InputError

LEASE = ".lease.json"
"""Name of the object."""
TTL_S = 60.0
"""Seconds after which a lease that is not refreshed may be taken over."""
_SETTLE_S = 1.0
"""Seconds between writing a lease and reading it back. Object storage cannot lock: of two who find a lease free at
once the last to write has it, and the other sees that when it looks again."""


class LeaseRecord(Frozen):
    """What the object says."""

    token: str
    """One for each run."""
    writer: str | None
    """Mirror that last wrote to the URL; until a new run has read what is there, still the one before."""
    host: str
    pid: int
    machine: str
    """What process numbers are unique within."""
    refreshed_at: float
    """Unix time in seconds, by the owner's clock."""
    released: bool = False


class Lease:
    """One run's claim to a URL."""

    def __init__(self, store: ObjectStore, *, ttl_s: float = TTL_S) -> None:
        """Prepare a claim.

        Args:
            store: The URL.
            ttl_s: Seconds after which a lease that is not refreshed may be taken over; the same for all who use it.
        """
        self._store = store
        self._ttl_s = ttl_s
        self._writing = threading.Lock()
        self._mine = LeaseRecord(
            token=uuid.uuid4().hex,
            writer=None,
            host=socket.gethostname(),
            pid=os.getpid(),
            machine=_machine(),
            refreshed_at=0.0,
        )
        self._lost: str | None = None

    def read(self) -> LeaseRecord | None:
        """Return what the object says now; None where nobody has run the study yet."""
        content = self._store.read(LEASE)
        if content is None:
            return None
        try:
            return LeaseRecord.model_validate_json(content)
        except ValidationError:
            raise StoreError(f"{LEASE} at {self._store.url} is damaged; remove it if nothing runs the study") from None

    @property
    def is_held(self) -> bool:
        """Whether some process seems to run the study now, by this machine's clock."""
        found = self.read()
        return found is not None and not _is_over(found) and time.time() - found.refreshed_at < self._ttl_s

    @contextmanager
    def held(self) -> Iterator[LeaseRecord | None]:
        """Hold the lease; yields what the object said before.

        Raises:
            InputError: If another process holds it (says which, and when it may be taken over).
        """
        before = self._acquire()
        stop = threading.Event()
        thread = threading.Thread(target=self._refresh, args=(stop,), name="lease", daemon=True)
        thread.start()
        try:
            yield before
        finally:
            stop.set()
            thread.join(self._ttl_s)
            if self._lost is None:
                with suppress(StoreError):  # it then ends by its time, and what went wrong before is what is told
                    self._write(released=True)

    def wrote(self, writer: str) -> None:
        """Say that the mirror `writer` is about to write: it has all that is at the URL."""
        self._write(writer=writer)

    @property
    def is_mine(self) -> bool:
        """Whether it is held by this process, as far as is known."""
        return self._lost is None

    def check(self) -> None:
        """Make sure that the lease is still held.

        Raises:
            InputError: If another process has taken it over.
        """
        if self._lost is not None:
            raise InputError(self._lost)

    def _acquire(self) -> LeaseRecord | None:
        found = self.read()
        if found is not None and not _is_over(found):
            left = self._ttl_s - self._age_s(found)
            if left > 0:
                raise InputError(f"{self._in_use_by(found)}; if that one is gone, it can be taken over in {left:.0f} s")
        self._write(writer=None if found is None else found.writer)
        time.sleep(_SETTLE_S)
        now = self.read()
        if now is None or now.token != self._mine.token:
            raise InputError(self._in_use_by(now))
        return found

    def _in_use_by(self, owner: LeaseRecord | None) -> str:
        where = "" if owner is None else f" ({owner.host}, process {owner.pid})"
        return f"{self._store.url} is in use: another process runs this study{where}"

    def _age_s(self, found: LeaseRecord) -> float:
        """Return how long ago a lease was refreshed, by the storage's own clock where it has one."""
        name = f".clock-{self._mine.token}"
        self._store.write(name, b"now")
        now, then = self._store.version(name), self._store.version(LEASE)
        self._store.delete(name)
        if now is None or then is None or now.mtime_ns is None or then.mtime_ns is None:
            return time.time() - found.refreshed_at
        return (now.mtime_ns - then.mtime_ns) / 1e9

    def _refresh(self, stop: threading.Event) -> None:
        while not stop.wait(self._ttl_s / 4):
            try:
                found = self.read()
                if found is not None and found.token != self._mine.token:
                    self._lost = (
                        f"{self._store.url} was taken over by {found.host}, process {found.pid}, while it could not be "
                        f"reached from here for over {self._ttl_s:.0f} s; this run stops"
                    )
                    return
                self._write()
            except StoreError:
                continue  # until it answers again; whoever uploads says so

    def _write(self, **changes: object) -> None:
        with self._writing:
            self._mine = self._mine.model_copy(update={**changes, "refreshed_at": time.time()})
            self._store.write(LEASE, self._mine.model_dump_json(indent=2).encode())


def _is_over(found: LeaseRecord) -> bool:
    """Whether a lease was given back, or its owner is known to be dead: a process of this machine that is not there."""
    if found.released:
        return True
    return found.machine == _machine() and found.pid != os.getpid() and not Path(f"/proc/{found.pid}").exists()


def _machine() -> str:
    """Return what tells machines apart, and containers with process numbers of their own."""
    try:
        facts = (
            socket.gethostname(),
            Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            os.readlink("/proc/self/ns/pid"),
        )
    except OSError:
        # Cannot tell: a lease then ends by its time alone.
        return uuid.uuid4().hex
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
