"""TensorBoard's event files: what a folder's hold already, and one that is written whole."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from study.adapters.tensorboard.event_checks import damaged_files

VERSION = "brain.Event:2"
"""What an event file begins with."""

_PREFIX = "events.out.tfevents"


def event_file(folder: Path, name: str) -> Path:
    """Return the path of the event file called `name` in a folder."""
    return folder / f"{_PREFIX}.{name}"


def read_events(folder: Path) -> Iterator[Event]:
    """Yield the events in a folder's files, oldest file first; a file cut short gives what is whole of it."""
    for path in _event_files(folder):
        yield from LegacyEventFileLoader(str(path)).Load()


def holds_alone(folder: Path, name: str) -> bool:
    """Whether a folder's one event file is that called `name`."""
    files = _event_files(folder)
    return len(files) == 1 and _is_called(files[0], name)


def holds(folder: Path, name: str) -> bool:
    """Whether a folder holds an event file called `name`."""
    return any(_is_called(path, name) for path in _event_files(folder))


def write_alone(folder: Path, name: str, events: Sequence[Event]) -> None:
    """Make sure that a folder holds these events and no others, in an event file called `name`.

    At every moment of it the folder holds what it held, or these events, or both. TensorBoard goes through a folder's
    files in the order of their names and never back: this one's comes after those that a process adds to.
    """
    path = event_file(folder, f"{name}.{_digest(events)}")
    if not path.exists() or not path.stat().st_size or damaged_files([path]):
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{name}.partial"  # without the prefix, so that TensorBoard does not read it yet
        with partial.open("wb") as file:
            writer = RecordWriter(file)
            begin = events[0].wall_time if events else time.time()
            for event in (Event(wall_time=begin, file_version=VERSION), *events):
                writer.write(event.SerializeToString())
        os.replace(partial, path)
    for other in _event_files(folder):
        if other != path:
            _let_go(other, name)


def remove(folder: Path, name: str) -> None:
    """Remove the event file called `name` from a folder, if it is there."""
    for path in _event_files(folder):
        if _is_called(path, name):
            path.unlink()


def hide_events(folder: Path) -> None:
    """Rename a folder's event files, so that TensorBoard, which looks into every folder, shows them no more."""
    for path in _event_files(folder):
        path.rename(path.with_name(path.name.replace("tfevents", "events")))


def needs_rewriting(folders: Iterable[Path], marks: Collection[str]) -> set[Path]:
    """Return the folders whose event files are damaged, gone, or lack a tag that each of them has to hold.

    Args:
        folders: Of trials that ended.
        marks: Tags; those of the first and the last event, so that a file cut off between two events shows.
    """
    files = {folder: _event_files(folder) for folder in folders}
    # One is emptied where a file that holds all took its place.
    full = {folder: [path for path in paths if path.stat().st_size] for folder, paths in files.items()}
    damaged = {path.parent for path in damaged_files(path for paths in full.values() for path in paths)}
    wanted = [mark.encode() for mark in marks]
    for folder, paths in full.items():
        content = b"".join(path.read_bytes() for path in paths)
        if not all(mark in content for mark in wanted):
            damaged.add(folder)
    return damaged


def _let_go(path: Path, successor: str) -> None:
    """Remove a file, or empty it where a TensorBoard may be in the midst of it; the next time it goes.

    One that finds the file it reads gone never gets to the folder's next one (tensorboard 2.21, `DirectoryWatcher`).
    """
    if _is_called(path, successor) or path.stat().st_size == 0:
        path.unlink()
    else:
        os.truncate(path, 0)


def _event_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.name.startswith(f"{_PREFIX}."))


def _is_called(path: Path, name: str) -> bool:
    return path.name.startswith(f"{_PREFIX}.{name}.")


def _digest(events: Sequence[Event]) -> str:
    """Return what tells contents apart; when an event was written does not."""
    content = hashlib.sha256()
    for event in events:
        content.update(b"%d " % event.step + event.summary.SerializeToString(deterministic=True))
    return content.hexdigest()[:12]
