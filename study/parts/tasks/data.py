"""A data set as the system reads it: inputs by position, labels by target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from study.parts.tasks.label_sets import coded_sets, decoded_sets
from study.parts.tasks.numbers import MISSING as MISSING
from study.parts.tasks.numbers import coded, tenths
from study.values.input_kind import InputKind
from study.values.problems import InputError


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

    @property
    def in_any_thread(self) -> bool:
        """Whether any thread may read, several at once too, and what is read is the same whoever reads beside it.

        Not known of a person's own code, which may draw random numbers or hold what is bound to a thread.
        """
        return False

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
    `coded` has them; where an example has any number of labels, a position in `sets`."""
    classes: tuple[str, ...] = ()
    """Names of the classes, or of the labels of which an example has any number; none where labels are numbers."""
    sets: NDArray[np.int8] | None = None
    """Where an example has any number of labels: the sets of them that occur, shape (S, len(classes)), with 1 for
    present, 0 for absent and -1 for not known."""
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

    @classmethod
    def of_matrix(cls, matrix: ArrayLike, names: Sequence[str] | None = None, *, what: str = "labels") -> Labels:
        """Return labels of which an example has any number.

        Args:
            matrix: Shape (N, L): 1 where an example has a label, 0 where not, NaN or -1 where that is not known.
            names: Of the L labels; their positions where not given.
            what: Whose labels these are, for messages.

        Raises:
            InputError: If an entry or the shape is another, or names are not as many or not distinct.
        """
        values, sets = coded_sets(matrix, what=what)
        classes = tuple(str(place) for place in range(sets.shape[1])) if names is None else tuple(names)
        if len(set(classes)) != sets.shape[1]:
            raise InputError(f"{what}: {len(set(classes))} distinct names for {sets.shape[1]} labels")
        return cls(values=values, classes=classes, sets=sets)

    @property
    def strata(self) -> NDArray[np.int64]:
        """What splits are stratified by, rows of shape (N,) by importance: classes, or which tenth of the numbers each
        is in, or whether each label is present; or MISSING."""
        if self.sets is not None:
            return np.asarray(decoded_sets(self.values, self.sets).T, dtype=np.int64)
        return np.stack([self.values if self.no_classes is None else tenths(self.values)])

    @property
    def num_codes(self) -> int:
        """How many values there are beside MISSING, where labels are no numbers."""
        return len(self.classes) if self.sets is None else len(self.sets)


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
