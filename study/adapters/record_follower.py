"""The records of a study that another process runs, read again and again."""

from __future__ import annotations

from pathlib import Path

from study.adapters.record_store import RecordStore
from study.values.records import TrialRecord


class RecordFollower:
    """Reads a study's records anew each time, but for those of trials that had ended: they change no more."""

    def __init__(self, directory: Path, *, location: str | None = None) -> None:
        """Get ready to read.

        Args:
            directory: The study directory.
            location: How it is named to people; its path where not given.
        """
        self._store = RecordStore(directory, location=location)
        self._ended: dict[str, TrialRecord] = {}

    def read(self) -> list[TrialRecord]:
        """Return all records, as `RecordStore.read_all` does.

        Raises:
            InputError: If any are damaged (names every file).
        """
        records = self._store.read_all(known=self._ended)
        self._ended = {record.plan.folder: record for record in records if record.state.is_final}
        return records
