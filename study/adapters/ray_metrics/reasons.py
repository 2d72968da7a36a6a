"""Reasons of failures as label values: few, so that Prometheus does not keep a series a failure."""

from __future__ import annotations

import re

_MAX_LENGTH = 100
_NUMBER = re.compile(r"0x[0-9a-f]+|[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)
OTHER = "other"
"""Stands for every reason beyond those kept apart."""


def failure_kind(reason: str) -> str:
    """Return the first line of a reason, numbers replaced by N, at most 100 characters long."""
    first = next((line.strip() for line in reason.splitlines() if line.strip()), "unknown")
    kind = _NUMBER.sub("N", first)
    return kind if len(kind) <= _MAX_LENGTH else kind[: _MAX_LENGTH - 3] + "..."


class FailureKinds:
    """Tells kinds of failures apart, up to a limit; all that come later are `other`."""

    def __init__(self, limit: int = 20) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def label(self, reason: str) -> str:
        """Return the label value for a reason."""
        kind = failure_kind(reason)
        if kind not in self._known:
            if len(self._known) >= self._limit:
                return OTHER
            self._known.add(kind)
        return kind
