"""What is done to raw inputs before they enter a backbone."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor

from study.values.frozen import Frozen
from study.values.input_kind import InputKind


class Preparation(Frozen):
    """How a backbone wants its inputs; a subclass for each kind of them."""

    kind: ClassVar[InputKind]
    """What it prepares."""

    @abstractmethod
    def blank(self, num: int) -> Tensor:
        """Return `num` prepared inputs without content, to try a backbone on."""
