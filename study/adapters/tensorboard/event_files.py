"""TensorBoard's event files: what a folder's hold already, and one that is written whole."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

_PREFIX = "events.out.tfevents"


def read_events(folder: Path) -> Iterator[Event]:
    """Yield the events in a folder's files, oldest file first; a file cut short gives what is whole of it."""
    for path in sorted(folder.glob(f"{_PREFIX}.*")):
        yield from LegacyEventFileLoader(str(path)).Load()


def write_once(folder: Path, name: str, summary: Summary) -> None:
    """Make sure that a folder holds one event file called `name`, with just this summary."""
    digest = hashlib.sha256(summary.SerializeToString(deterministic=True)).hexdigest()[:12]
    path = folder / f"{_PREFIX}.{name}.{digest}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{name}.partial"  # without the prefix, so that TensorBoard does not read it yet
        with partial.open("wb") as file:
            writer = RecordWriter(file)
            writer.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())
            writer.write(Event(wall_time=time.time(), summary=summary).SerializeToString())
        os.replace(partial, path)
    for other in folder.glob(f"{_PREFIX}.{name}.*"):
        if other != path:
            other.unlink()
