"""What a mirror knows of each of its files: which content lies here, and which at the URL."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from study.adapters.remote.object_store import Version

Local = tuple[int, int]
"""Size and modification time (ns) of a file here."""


class Entry(NamedTuple):
    """A file whose content here and at the URL is the same."""

    local: Local
    remote: Version | None
    """None where the object was written from here, or so recently that its time proves nothing."""


@dataclass
class MirrorIndex:
    """The entries of a mirror, kept in a file beside it."""

    path: Path
    token: str | None = None
    """Lease under which this mirror last wrote to the URL."""
    files: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> MirrorIndex:
        """Return the index in a file; an empty one, by which all files differ, where it is not there or damaged."""
        try:
            found = json.loads(path.read_text())
            files = {
                name: Entry(local=(size, time), remote=None if remote is None else Version(*remote))
                for name, ((size, time), remote) in found["files"].items()
            }
            return cls(path, found["token"], files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls(path)

    def save(self) -> None:
        """Write the file."""
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.write_text(json.dumps({"token": self.token, "files": self.files}))
        os.replace(partial, self.path)


def local_state(path: Path) -> Local | None:
    """Return a file's size and modification time; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns
