"""Several collections of images read as one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from torch import Tensor

from study.parts.tasks.data import Images
from study.values.keys import content_digest


class JoinedImages(Images):
    """One collection after the other, such as a data set's training and test images."""

    def __init__(self, parts: Sequence[Images]) -> None:
        self.parts = tuple(parts)
        self._ends = list(accumulate(len(part) for part in self.parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def read(self, index: int) -> Tensor:
        """Return image `index` as uint8, shape (3, H, W)."""
        part, position = self._find(index)
        return part.read(position)

    def place(self, index: int) -> str:
        """Return where the part that holds image `index` says it is from."""
        part, position = self._find(index)
        return part.place(position)

    @cached_property
    def digest(self) -> str:
        """Digest of the parts' digests, in order."""
        return content_digest(["joined", [part.digest for part in self.parts]])

    def _find(self, index: int) -> tuple[Images, int]:
        if not 0 <= index < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        number = bisect_right(self._ends, index)
        start = self._ends[number - 1] if number else 0
        return self.parts[number], index - start
