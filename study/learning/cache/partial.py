"""Files that are being written: whose they are, and whether anybody still writes them."""

from __future__ import annotations

import os
import socket
import time
import uuid
from pathlib import Path

from study.learning.cache.folder import PARTIAL_SUFFIX
from study.learning.cache.locks import is_claimed

_FORGOTTEN_S = 24 * 3600.0
"""Seconds after which a file that nobody has written to since counts as abandoned, whoever wrote it."""


def partial_path(path: Path) -> Path:
    """Return a name, next to an entry's own, that no other process of any node uses."""
    writer = f"{_host()}.{os.getpid()}.{uuid.uuid4().hex[:8]}"
    return path.with_name(f"{path.stem}.{writer}{PARTIAL_SUFFIX}")


def is_abandoned(partial: Path) -> bool:
    """Whether the process that wrote a partial file is gone.

    On this node its lock tells, and process ids, which containers number each for themselves, do not. Of another
    node's file only its age tells: not every shared file system carries locks from node to node.
    """
    try:
        if time.time() - partial.stat().st_mtime > _FORGOTTEN_S:
            return True
        if _host_of(partial) != _host():
            return False
        with partial.open("rb") as file:
            return not is_claimed(file)
    except OSError:
        return False  # gone, or not ours to read


def _host() -> str:
    return "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in socket.gethostname())


def _host_of(partial: Path) -> str:
    parts = partial.name.split(".")  # key, host, process, number, suffix
    return parts[1] if len(parts) == 5 else ""
