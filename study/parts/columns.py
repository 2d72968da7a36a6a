"""What is done to a row of numbers before it enters a backbone: nothing but a look at its length."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from study.parts.preparation import Preparation
from study.values.input_kind import InputKind


class Columns(Preparation):
    """Rows are taken as they are; what a model needs of their mean and spread is among its weights."""

    kind: ClassVar[InputKind] = InputKind.TABLE
    width: int = Field(ge=1)
    """D: numbers a row."""

    def blank(self, num: int) -> Tensor:
        """Return zeros, shape (num, width)."""
        return torch.zeros(num, self.width)
