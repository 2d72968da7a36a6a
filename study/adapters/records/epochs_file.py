"""The epochs of a trial on disk: one JSON object a line, each with its checksum, appended as they come."""

from __future__ import annotations

import os
from pathlib import Path

from study.adapters.records.seal import sealed, unsealed
from study.values.problems import InputError, Problem
from study.values.records import EpochRecord


class EpochsFile:
    """A file of epoch records that survives a death in the middle of a line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, *, after: int = 0) -> tuple[EpochRecord, ...]:
        """Return the epochs in order, each once: of an epoch written twice the later record counts.

        A last line that was cut short is left out.

        Args:
            after: The epoch behind which they begin.

        Raises:
            InputError: If any other line is no epoch record or not as it was written, or an epoch is missing between
                others (names file and line).
        """
        if not self.path.exists():
            return ()
        lines = self.path.read_bytes().split(b"\n")
        last = len(lines)
        epochs: dict[int, EpochRecord] = {}
        for number, line in enumerate(lines, start=1):
            record = _parse(line) if line else None
            if record is not None:
                epochs[record.epoch] = record
            elif line and number < last:
                raise self._damaged("not an epoch record", line=number)
        missing = set(range(after + 1, after + len(epochs) + 1)) - epochs.keys()
        if missing:
            raise self._damaged(f"epoch {min(missing)} is missing")
        return tuple(epochs[number] for number in sorted(epochs))

    def append(self, epoch: EpochRecord) -> None:
        """Add an epoch; a last line cut short is removed first."""
        line = sealed(epoch.model_dump_json()).encode() + b"\n"
        with self.path.open("a+b") as file:
            self._mend(file.fileno())
            file.write(line)
            file.flush()

    def sync(self) -> None:
        """Wait until what was appended is on the disk."""
        if self.path.exists():
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())

    def _damaged(self, what: str, line: int | None = None) -> InputError:
        return InputError(Problem(message=f"{what}; the file was damaged", file=str(self.path), line=line))

    def _mend(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        if size == 0:
            return
        os.lseek(descriptor, size - 1, os.SEEK_SET)
        if os.read(descriptor, 1) == b"\n":
            return
        content = self.path.read_bytes()
        start = content.rfind(b"\n") + 1
        # A JSON object is whole exactly when its last brace is there: only the end of the line may be missing.
        if _parse(content[start:]) is None:
            os.ftruncate(descriptor, start)
        else:
            os.write(descriptor, b"\n")


def _parse(line: bytes) -> EpochRecord | None:
    try:
        return EpochRecord.model_validate_json(unsealed(line))
    except ValueError:  # no JSON, no epoch, or another checksum
        return None
