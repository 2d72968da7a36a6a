"""Where a node keeps its entries, and how large they may grow together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KINDS = ("images", "texts", "features")
"""Folders of entries; nothing else in the cache folder is touched."""
ENTRY_SUFFIX = ".npy"
LOCK_SUFFIX = ".lock"
PARTIAL_SUFFIX = ".partial"


@dataclass(frozen=True, kw_only=True)
class CacheFolder:
    """A cache folder: `images`, `texts` and `features` in it hold entries."""

    path: Path
    limit_gib: float
    """Most that all entries may take together."""

    def entry(self, kind: str, key: str) -> Path:
        """Return the file of an entry, whether it is there or not.

        Args:
            kind: One of KINDS.
            key: Digest of all that the content depends on.
        """
        assert kind in KINDS, f"{kind} is no kind of entry"
        return self.path / kind / f"{key}{ENTRY_SUFFIX}"
