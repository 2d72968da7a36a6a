"""What an assessment keeps beside its weights: a list of values of one kind, in a JSON file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from study.learning.manifest import DamagedCheckpointError
from study.values.frozen import Frozen

V = TypeVar("V", bound=Frozen)


class KeptValues(Generic[V]):
    """Writes and reads the file."""

    def __init__(self, name: str, kind: type[V]) -> None:
        """Name it.

        Args:
            name: The file's, within a checkpoint's folder.
            kind: Of the values.
        """
        self._name = name
        self._values: TypeAdapter[list[V]] = TypeAdapter(list[kind])  # type: ignore[valid-type]

    def save(self, folder: Path, values: Iterable[V]) -> None:
        """Write values into a folder."""
        (folder / self._name).write_bytes(self._values.dump_json(list(values)))

    def load(self, folder: Path) -> list[V]:
        """Return what was written into a folder; empty where nothing was.

        Raises:
            DamagedCheckpointError: If the file cannot be read.
        """
        path = folder / self._name
        try:
            return self._values.validate_json(path.read_bytes()) if path.is_file() else []
        except ValidationError as error:
            raise DamagedCheckpointError(f"{path} is damaged: {error.errors()[0]['msg']}") from None
