"""A value in a small file of its own, which carries a checksum and is replaced as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from study.adapters.patience import patiently
from study.adapters.records.seal import BrokenSealError, sealed, unsealed
from study.adapters.records.whole_file import replace_file
from study.values.frozen import Frozen

Value = TypeVar("Value", bound=Frozen)


class SealedFile(Generic[Value]):
    """One process writes it; others may read at the same time."""

    def __init__(self, path: Path, kind: type[Value]) -> None:
        """Name a file, which need not be there.

        Args:
            path: Where it is.
            kind: What is in it; has a field.
        """
        self.path = path
        self._kind = kind

    def read(self) -> Value | None:
        """Return what is in it; None where there is no such file.

        Raises:
            BrokenSealError: If it is not what was written.
        """
        try:
            return self._kind.model_validate_json(unsealed(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise BrokenSealError(f"{self.path} does not hold what was written") from error

    def read_if_whole(self) -> Value | None:
        """Return what is in it; None where there is no such file or it is damaged."""
        try:
            return self.read()
        except BrokenSealError:
            return None

    def write(self, value: Value) -> None:
        """Put a value in place of what is in it.

        Raises:
            InputError: If it cannot be written for as long as that is tried.
        """
        patiently(lambda: replace_file(self.path, sealed(value.model_dump_json(indent=2))), str(self.path))
