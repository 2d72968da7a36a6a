"""Writing where something may be in the way for a while: a full disk, a file server or a database that restarts."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import InterfaceError, OperationalError

from study.values.problems import InputError

T = TypeVar("T")

LIMIT_S = 120.0
"""Seconds for which a write is tried again."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 5.0
_REMEDY = "what was written before is safe: once it can be written again, `study resume` goes on"
_PASSING = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.EROFS,
    errno.ESTALE,
    errno.ETIMEDOUT,
    errno.ECONNRESET,
    errno.ENOTCONN,
}


def patiently(
    write: Callable[[], T],
    what: str,
    *,
    limit_s: float = LIMIT_S,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Write, again and again where what is in the way may pass, and say so once.

    Args:
        write: Does it; may be called again after it failed.
        what: Is written, for messages.
        limit_s: Seconds for which it is tried.
        clock: Seconds.
        sleep: Waits for some seconds.

    Raises:
        InputError: If it did not pass in that time (says what, and how to go on).
        Exception: What `write` raises and will not pass.
    """
    began, wait_s = clock(), _FIRST_WAIT_S
    while True:
        try:
            return write()
        except Exception as error:
            if not may_pass(error):
                raise
            reason = str(error).partition("\n")[0]
            if clock() - began >= limit_s:
                raise InputError(f"{what} could not be written for {limit_s:g} s: {reason}; {_REMEDY}") from error
            if wait_s == _FIRST_WAIT_S:
                print(
                    f"{what} cannot be written: {reason}; trying again for {limit_s:g} s", file=sys.stderr, flush=True
                )
        sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


@contextmanager
def in_one_sentence(what: str) -> Iterator[None]:
    """Say in a sentence what goes wrong inside the block with what may pass, and how to go on.

    Args:
        what: Is written inside the block.

    Raises:
        InputError: If a write failed that was not to be tried again.
    """
    try:
        yield
    except Exception as error:
        if not may_pass(error):
            raise
        reason = str(error).partition("\n")[0]
        raise InputError(f"{what} cannot be written: {reason}; {_REMEDY}") from error


def may_pass(error: BaseException | None) -> bool:
    """Whether what went wrong is likely to be over at some time without anybody changing the program."""
    if isinstance(error, OSError):
        return error.errno in _PASSING
    if isinstance(error, StorageInternalError):
        return may_pass(error.__cause__)
    return isinstance(error, OperationalError | InterfaceError)
