"""Texts kept in memory, one or a pair an example."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property

from study.parts.tasks.data import Texts


class TextRows(Texts):
    """Texts of a table, in its order."""

    def __init__(self, rows: Sequence[tuple[str, ...]], place: Callable[[int], str]) -> None:
        """Take the texts as they are.

        Args:
            rows: One text or two an example, of all examples as many.
            place: Says where the example at a position stands, for messages.
        """
        self.rows = tuple(rows)
        self._place = place

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, index: int) -> tuple[str, ...]:
        """Return text `index`, alone or with the one that it is paired with."""
        return self.rows[index]

    def place(self, index: int) -> str:
        """Return where text `index` stands."""
        return self._place(index)

    @cached_property
    def digest(self) -> str:
        """Digest of the texts."""
        digest = hashlib.sha256(b"texts")
        for row in self.rows:
            for text in row:
                encoded = text.encode("utf-8", "surrogatepass")
                digest.update(f"{len(encoded)}|".encode())
                digest.update(encoded)
            digest.update(b"\n")
        return digest.hexdigest()[:32]
