"""A data set as the system reads it: inputs by position, labels by target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from study.parts.tasks.numbers import MISSING as MISSING
from study.parts.tasks.numbers import coded, tenths
from study.values.input_kind import InputKind


class RawInputs(ABC):
    """Random access to what a data set's examples are before any backbone's preparation, read where the trial runs."""

    @property
    @abstractmethod
    def kind(self) -> InputKind:
        """What each of them is."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many there are."""

    @abstractmethod
    def read(self, index: int) -> Any:
        """Return input `index`.

        Raises:
            InputError: If it cannot be read (names its place).
        """

    @abstractmethod
    def place(self, index: int) -> str:
        """Return where input `index` is from, for messages: its path, or its position."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """Digest of what they are made of; equal digests mean equal inputs."""


class Images(RawInputs):
    """Raw images."""

    @property
    def kind(self) -> InputKind:
        """Images."""
        return InputKind.IMAGE

    @abstractmethod
    def read(self, index: int) -> Tensor:
        """Return image `index` as uint8, shape (3, H, W); grey ones are repeated into 3 channels.

        Raises:
            InputError: If it cannot be read (names its place).
        """


class Texts(RawInputs):
    """Raw texts, or pairs of them."""

    @property
    def kind(self) -> InputKind:
        """Texts."""
        return InputKind.TEXT

    @abstractmethod
    def read(self, index: int) -> tuple[str, ...]:
        """Return text `index`, alone or with the one that it is paired with."""


class Rows(RawInputs):
    """Rows of numbers, such as those of a table."""

    @property
    def kind(self) -> InputKind:
        """Rows of numbers."""
        return InputKind.TABLE

    @abstractmethod
    def read(self, index: int) -> Tensor:
        """Return row `index` as it is, not standardised: float32, shape (D,), D the same for all."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What one target says of each example."""

    values: NDArray[np.int64]
    """Class of each example, shape (N,): a position in `classes`, or MISSING; where labels are numbers, those as
    `coded` has them."""
    classes: tuple[str, ...] = ()
    """Names of the classes; none where labels are numbers."""
    no_classes: str | None = None
    """Where labels are numbers: which of them is no class, and where it stands."""
    minus_one_is_missing: bool = False
    """Whether a -1 among whole numbers was read as no label, which a number to be predicted may not be."""

    @classmethod
    def of_numbers(cls, numbers: ArrayLike) -> Labels:
        """Return labels for regression.

        Args:
            numbers: Of each example, shape (N,); NaN for none.

        Raises:
            InputError: If one is infinite (names the first), or the shape is another.
        """
        return cls(values=coded(numbers), no_classes="its labels are numbers, not classes")

    @property
    def strata(self) -> NDArray[np.int64]:
        """What splits are stratified by, shape (N,): classes, or which tenth of the numbers each is in; or MISSING."""
        return self.values if self.no_classes is None else tenths(self.values)


@dataclass(frozen=True, kw_only=True)
class LabelledInputs:
    """A data set: inputs, one or several targets' labels, and its own split where it has one."""

    inputs: RawInputs
    labels: Mapping[str, Labels]
    """By target name."""
    split: NDArray[np.str_] | None = None
    """The data set's own split of each example, `train`, `validation` or `test`, shape (N,); None where it has none."""
    licence: str | None = None
    """Terms of the data, where they are known."""
