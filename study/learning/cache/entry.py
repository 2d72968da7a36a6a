"""A cache entry: one array a file, computed once however many ask, never half written, checked when opened."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.learning.cache.entry_file import DamagedEntryError, file_size, open_array, use, write_array
from study.learning.cache.folder import LOCK_SUFFIX, CacheFolder
from study.learning.cache.locks import locked
from study.learning.cache.room import NoRoomError, is_full, reserve

_log = logging.getLogger(__name__)

Chunks = Callable[[], Iterable[NDArray[Any]]]
"""Computes an entry's content, in parts along its first axis."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry, open."""

    values: NDArray[Any]
    """Its content, memory-mapped; writing to it leaves the file alone."""
    hit: bool
    """Whether it was there already."""
    path: Path

    def use(self) -> None:
        """Note that it is in use: what was used last is removed last."""
        use(self.path)


def open_entry(
    folder: CacheFolder, path: Path, *, shape: tuple[int, ...], dtype: type[np.generic], chunks: Chunks
) -> Entry:
    """Return the entry kept at `path`, computing it where it is missing or damaged.

    The first process to ask computes it, behind a lock, on whichever node of a shared file system; the file appears
    under its name only when it is whole.

    Args:
        folder: The cache.
        path: File of the entry, of `folder.entry`.
        shape: Its shape.
        dtype: Its numpy type.
        chunks: Called at most once over all processes that ask.

    Raises:
        NoRoomError: If it does not fit.
    """
    found = find_entry(path, shape=shape, dtype=dtype)
    if found is not None:
        return found
    with locked(path.with_name(path.name + LOCK_SUFFIX)):
        found = find_entry(path, shape=shape, dtype=dtype, remove_damaged=True)
        return found or _write(folder, path, shape, np.dtype(dtype), chunks)


def find_entry(
    path: Path, *, shape: tuple[int, ...], dtype: type[np.generic], remove_damaged: bool = False
) -> Entry | None:
    """Return the entry kept at `path`, None where it is missing or damaged.

    Args:
        path: File of the entry.
        shape: Its shape.
        dtype: Its numpy type.
        remove_damaged: Whether to remove a damaged one: with the entry's lock only, so that nobody removes the one
            that another process has just put in its place.
    """
    try:
        with path.open("rb") as file:
            array = open_array(file, shape, np.dtype(dtype))
    except FileNotFoundError:
        return None
    except DamagedEntryError as error:
        if remove_damaged:
            _log.warning("cache entry %s %s; it is computed again", path, error)
            path.unlink(missing_ok=True)
        return None
    use(path)
    return Entry(values=array, hit=True, path=path)


def _write(folder: CacheFolder, path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], chunks: Chunks) -> Entry:
    file, partial = reserve(folder, path, file_size(shape, dtype))
    with file:
        try:
            write_array(file, shape, dtype, chunks())
            # Opened before it has its name: what has a name may be removed by others.
            array = open_array(file, shape, dtype)
            os.replace(partial, path)
        except OSError as error:
            if is_full(error):
                raise NoRoomError(f"the disk of the cache is full ({error.strerror})") from error
            raise
        finally:
            partial.unlink(missing_ok=True)
    use(path)
    return Entry(values=array, hit=False, path=path)
