"""Locks on files, which the system lets go of when their process dies, on whichever node it ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # pragma: no cover - not a POSIX system
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for it; where the file system locks no files, go on without.

    Locks save work only: content stays right without them, because a file gets its name when it is whole. Never held
    by the mere existence of a file, which a process that was killed would leave.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("ab"))
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            pass  # no locks here, or another person's file
        yield


def claim(file: BinaryIO) -> None:
    """Lock a file that is being written, until it is closed."""
    _try_lock(file, exclusive=True)


def is_claimed(file: BinaryIO) -> bool:
    """Whether a process of this node has claimed a file and lives."""
    return not _try_lock(file, exclusive=False)


def _try_lock(file: BinaryIO, *, exclusive: bool) -> bool:
    if fcntl is None:  # pragma: no cover - not a POSIX system
        return False
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
