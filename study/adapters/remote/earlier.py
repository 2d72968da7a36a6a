"""The checkpoints of a trial that were written before one, on a file system or at a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.url import is_url

_NAME = re.compile(r"(?<=/checkpoint_)\d{6}(?=/|\?|$)")
"""Number of a checkpoint, as Ray Tune names their folders."""
_FAR = 3
"""Numbers looked at: no more than two checkpoints are kept."""


def checkpoints_before(checkpoint: str) -> Iterator[str]:
    """Yield those of the same trial that are still there, the latest first.

    Args:
        checkpoint: A path or URL, of a trial of its own or of a member of a pack.
    """
    found = _NAME.search(checkpoint)
    number = int(found[0]) if found else 0
    for earlier in range(number - 1, max(-1, number - 1 - _FAR), -1):
        name = _NAME.sub(f"{earlier:06d}", checkpoint, count=1)
        if ObjectStore(name).has_below("") if is_url(name) else Path(name).is_dir():
            yield name
