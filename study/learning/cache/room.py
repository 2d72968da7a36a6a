"""Room for another entry: within the folder's limit and the disk's free space, made by removing what is least used."""

from __future__ import annotations

import os
import shutil
import time
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import BinaryIO

from study.learning.cache.contents import KeptEntry, bytes_being_written, kept_entries, remove_abandoned
from study.learning.cache.folder import CacheFolder
from study.learning.cache.locks import claim, locked
from study.learning.cache.partial import partial_path

_GIB = 2**30
_GRACE_S = 120.0
"""Seconds that an entry is safe after a trial opened it: it is what the trial's neighbours ask for next."""
_SPARE_BYTES, _SPARE_SHARE = _GIB, 0.05
"""What is left free of a disk: that many bytes, or on a small one that share."""


class NoRoomError(Exception):
    """An entry does not fit; says why."""


def reserve(folder: CacheFolder, path: Path, num_bytes: int) -> tuple[BinaryIO, Path]:
    """Return a new file, open and claimed, that takes `num_bytes` already, and its path, a partial one.

    Least recently used entries make place for it. One process of the folder at a time decides, so that two do not
    reckon with the same space.

    Args:
        folder: The cache.
        path: File of the entry that will be written.
        num_bytes: Its size.

    Raises:
        NoRoomError: If it would not fit even so.
    """
    if path.parent.is_symlink():
        raise NoRoomError(f"{path.parent} is a link, behind which nothing is kept; link the cache folder as a whole")
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.path / "room.lock"):
        remove_abandoned(folder.path)
        _make_room(folder, num_bytes)
        partial = partial_path(path)
        file = partial.open("w+b")
        try:
            claim(file)
            _allocate(file, num_bytes)
        except OSError as error:
            file.close()
            partial.unlink(missing_ok=True)
            if is_full(error):
                raise NoRoomError(f"the disk of the cache is full ({error.strerror})") from error
            raise
        return file, partial


def is_full(error: OSError) -> bool:
    """Whether an error in writing means that the disk, or a quota on it, is full."""
    return error.errno in (ENOSPC, EDQUOT)


def _make_room(folder: CacheFolder, num_bytes: int) -> None:
    limit = folder.limit_gib * _GIB
    if num_bytes > limit:
        raise NoRoomError(f"{num_bytes / _GIB:.3g} GiB, more than cache_gib = {folder.limit_gib:g} in all")
    kept = kept_entries(folder.path)
    total = sum(entry.num_bytes for entry in kept) + bytes_being_written(folder.path)
    excess = max(total + num_bytes - limit, num_bytes - _free_bytes(folder.path))
    if excess <= 0:
        return
    leaving = _least_used(kept, excess)
    if leaving is None:
        raise NoRoomError(
            f"{num_bytes / _GIB:.3g} GiB do not fit beside what is in use "
            f"(cache_gib = {folder.limit_gib:g}, {max(0, _free_bytes(folder.path)) / _GIB:.3g} GiB of disk to spare)"
        )
    for entry in leaving:
        entry.remove()
    if num_bytes > _free_bytes(folder.path):  # a trial may hold open what was removed
        raise NoRoomError(f"{num_bytes / _GIB:.3g} GiB do not fit on the disk of the cache")


def _least_used(kept: list[KeptEntry], num_bytes: float) -> list[KeptEntry] | None:
    """Return the entries to remove for `num_bytes`, None where those that may go are too small."""
    leaving: list[KeptEntry] = []
    for entry in kept:
        if num_bytes <= 0 or time.time() - entry.used_at < _GRACE_S:
            break
        leaving.append(entry)
        num_bytes -= entry.num_bytes
    return leaving if num_bytes <= 0 else None


def _free_bytes(folder: Path) -> float:
    disk = shutil.disk_usage(folder)
    return disk.free - min(_SPARE_BYTES, _SPARE_SHARE * disk.total)


def _allocate(file: BinaryIO, num_bytes: int) -> None:
    """Take the space now, so that nobody else reckons with it."""
    try:
        os.posix_fallocate(file.fileno(), 0, num_bytes)
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and is_full(error):
            raise
        os.truncate(file.fileno(), num_bytes)  # as a promise only: not every system or file system can do more
