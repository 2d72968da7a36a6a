"""A run that grows: the folder of one TensorBoard run, to which a process adds one event file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from study.adapters.tensorboard.event_files import VERSION, event_file


class EventLog:
    """Appends to a run; its file is made with the first event, so that who has nothing to add leaves none."""

    def __init__(self, folder: Path) -> None:
        """Take a folder, which need not exist yet."""
        self._folder = folder
        self._file: BinaryIO | None = None

    def write(self, summary: Summary, *, step: int = 0, at: float | None = None) -> None:
        """Append a summary.

        Args:
            summary: What is said.
            step: Where it stands on TensorBoard's axis.
            at: When it came about, Unix time in seconds; now where not given.
        """
        if self._file is None:
            self._file = self._new_file()
        event = Event(wall_time=time.time() if at is None else at, step=step, summary=summary)
        RecordWriter(self._file).write(event.SerializeToString())

    def flush(self) -> None:
        """Let readers see all that was appended."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Write out and let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _new_file(self) -> BinaryIO:
        # TensorBoard reads a folder's files in the order of their names; its own writer's go by the second.
        seconds, nanoseconds = divmod(time.time_ns(), 10**9)
        self._folder.mkdir(parents=True, exist_ok=True)
        file = event_file(self._folder, f"{seconds:010d}.{nanoseconds:09d}").open("xb")
        RecordWriter(file).write(Event(wall_time=time.time(), file_version=VERSION).SerializeToString())
        return file
