"""Several collections of inputs read as one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

from study.parts.tasks.data import RawInputs
from study.values.input_kind import InputKind
from study.values.keys import content_digest


class JoinedInputs(RawInputs):
    """One collection after the other, such as a data set's training and test images; all of one kind."""

    def __init__(self, parts: Sequence[RawInputs]) -> None:
        self.parts = tuple(parts)
        self._ends = list(accumulate(len(part) for part in self.parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def kind(self) -> InputKind:
        """What the parts are."""
        return self.parts[0].kind

    @property
    def in_any_thread(self) -> bool:
        """Whether that holds for all parts."""
        return all(part.in_any_thread for part in self.parts)

    def read(self, index: int) -> Any:
        """Return input `index`, as the part that holds it does."""
        part, position = self._find(index)
        return part.read(position)

    def place(self, index: int) -> str:
        """Return where the part that holds input `index` says it is from."""
        part, position = self._find(index)
        return part.place(position)

    @cached_property
    def digest(self) -> str:
        """Digest of the parts' digests, in order."""
        return content_digest(["joined", [part.digest for part in self.parts]])

    def _find(self, index: int) -> tuple[RawInputs, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"input {index} of {len(self)}")
        number = bisect_right(self._ends, index)
        start = self._ends[number - 1] if number else 0
        return self.parts[number], index - start
