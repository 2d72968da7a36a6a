"""A whole copy of an SQLite file that another connection writes to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

_WAIT_S = 60.0


def snapshot_database(source: Path, target: Path) -> None:
    """Copy a database as it stands between two transactions."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, timeout=_WAIT_S)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
