"""What a cache folder holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from study.learning.cache.entry_file import DamagedEntryError, check_content, read_header
from study.learning.cache.folder import ENTRY_SUFFIX, KINDS, LOCK_SUFFIX, PARTIAL_SUFFIX
from study.learning.cache.partial import is_abandoned


@dataclass(frozen=True, kw_only=True)
class KeptEntry:
    """An entry, as it lies in the folder."""

    kind: str
    path: Path
    num_bytes: int
    written_at: float
    """Unix time in seconds."""
    used_at: float
    """Unix time in seconds at which a trial last opened it."""

    def remove(self) -> None:
        """Remove it; who has it open reads on."""
        self.path.unlink(missing_ok=True)
        # After the entry. Somebody may wait for the lock still: at worst the entry is computed twice at a time.
        self.path.with_name(self.path.name + LOCK_SUFFIX).unlink(missing_ok=True)

    def shape(self) -> tuple[tuple[int, ...], str] | None:
        """Return the shape and type it says it holds; None where it is damaged or gone."""
        try:
            with _look_at(self.path) as file:
                shape, dtype = read_header(file)
        except (DamagedEntryError, OSError):
            return None
        return shape, str(dtype)

    def damage(self) -> str | None:
        """Read all of it and return what is wrong with it; None where nothing is, or where it is gone by now."""
        try:
            with _look_at(self.path) as file:
                read_header(file)
                check_content(file, again=True)
        except DamagedEntryError as error:
            return str(error)
        except FileNotFoundError:
            return None
        except OSError as error:
            return f"cannot be opened ({error})"
        return None


def kept_entries(folder: Path) -> list[KeptEntry]:
    """Return the entries of a cache folder, least recently used first; none where there is no such folder."""
    found = []
    for kind, path in _files(folder, ENTRY_SUFFIX):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append(
            KeptEntry(
                kind=kind,
                path=path,
                num_bytes=status.st_size,
                written_at=status.st_mtime,
                used_at=max(status.st_atime, status.st_mtime),
            )
        )
    return sorted(found, key=lambda entry: entry.used_at)


def bytes_being_written(folder: Path) -> int:
    """Return what the entries will take that are being written."""
    total = 0
    for _, path in _files(folder, PARTIAL_SUFFIX):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def remove_abandoned(folder: Path) -> int:
    """Remove what processes that died had not finished; return how many files that were."""
    abandoned = [path for _, path in _files(folder, PARTIAL_SUFFIX) if is_abandoned(path)]
    for path in abandoned:
        path.unlink(missing_ok=True)
    return len(abandoned)


@contextmanager
def _look_at(path: Path) -> Iterator[BinaryIO]:
    """Open an entry and set its access time back afterwards: that somebody looked at it is no use of it."""
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        try:
            yield file
        finally:
            if os.utime in os.supports_fd:
                with suppress(OSError):  # another person's entry
                    os.utime(file.fileno(), ns=(before.st_atime_ns, before.st_mtime_ns))


def _files(folder: Path, suffix: str) -> Iterator[tuple[str, Path]]:
    for kind in KINDS:
        # What lies behind a link is not the cache's, and may not be removed as if it were.
        if (folder / kind).is_dir() and not (folder / kind).is_symlink():
            yield from ((kind, path) for path in (folder / kind).iterdir() if path.suffix == suffix)
