"""A local folder that mirrors a study directory at a URL."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from study.adapters.optuna_search.storage import FILE_NAME
from study.adapters.records.trial_file import TRIAL_FILE
from study.adapters.remote.index import Entry, Local, MirrorIndex, local_state
from study.adapters.remote.object_store import ObjectStore, Version
from study.adapters.remote.snapshot import snapshot_database

_ID = ".mirror"
_AT_ONCE = 8
"""Objects read or written at once."""
_RACY_NS = 2_000_000_000
"""Objects younger than this, against the youngest, may change within the tick of the storage's clock."""


class Mirror:
    """The files of a study here and at its URL.

    Reading brings what differs. Writing brings what changed in an order that leaves, whenever it is interrupted, a
    study that can be gone on with: the storage knows every trial on record; a record says no more than lies there;
    a trial that the storage takes for ended has ended on record, or has none and is trained once more.
    """

    def __init__(self, store: ObjectStore, home: Path, *, marker: str, written_through: Iterable[str]) -> None:
        """Open a mirror, made if it is not there.

        Args:
            store: The URL.
            home: Folder for the mirror and what it knows.
            marker: The file without which there is no study, and nothing is read: a URL may hold anything.
            written_through: Files that are written with `write` alone.
        """
        self._store = store
        self.folder = home / "study"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True)
        self._snapshot = home / FILE_NAME
        self._marker = marker
        self._written_through = tuple(written_through)
        self._index = MirrorIndex.load(home / "index.json")

    @property
    def id(self) -> str:
        """What tells this mirror, with what is in it now, from every other; gone with its folder."""
        path = self.folder / _ID
        if not path.is_file():
            path.write_text(uuid.uuid4().hex)
        return path.read_text()

    def pull(self, *, writer: str | None) -> None:
        """Bring what differs at the URL, and remove what is not there.

        Checkpoints are left there (see `bring`).

        Args:
            writer: The mirror that last wrote to the URL. Where it is this one, files here are as new or newer: they
                were not uploaded yet when their process died.
        """
        if writer == self.id:
            there = {name: self._store.version(name) for name in self._written_through}
            self._download({name: version for name, version in there.items() if version is not None})
            return
        found = {name: version for name, version in self._store.versions().items() if _is_mirrored(name)}
        there_now = found if self._marker in found else {}
        self._remove_others(there_now)
        self._download(
            {
                name: version
                for name, version in there_now.items()
                if not _is_left_there(name) and not self._is_same(name, version)
            }
        )

    def push(self) -> None:
        """Upload what changed since it was last the same.

        Raises:
            StoreError: If any could not be; what was is remembered.
        """
        # Listed before the database is read: it knows all these trials.
        dirty = {name: state for name in self._local() if (state := self._changed(name)) is not None}
        database = dirty.pop(FILE_NAME, None)
        if database is not None:
            snapshot_database(self.folder / FILE_NAME, self._snapshot)
        # Read after it, and before the epochs that they vouch for.
        records = {name: (self.folder / name).read_bytes() for name in dirty if PurePosixPath(name).name == TRIAL_FILE}
        others = [name for name in dirty if name not in records]
        known = [name for name in records if name in self._index.files]
        new = [name for name in records if name not in self._index.files]
        try:
            self._upload(others, dirty, lambda name: self._store.upload(self.folder / name, name))
            self._upload(known, dirty, lambda name: self._store.write(name, records[name]))
            if database is not None:
                self._store.upload(self._snapshot, FILE_NAME)
                self._index.files[FILE_NAME] = Entry(local=database, remote=None)
            self._upload(new, dirty, lambda name: self._store.write(name, records[name]))
        finally:
            if dirty or database is not None:
                self._index.save()

    def write(self, name: str, text: str) -> None:
        """Write a file here and at the URL."""
        self._store.write(name, text.encode())
        partial = self.folder / f"{name}.partial"
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, self.folder / name)
        self._note(name, None)
        self._index.save()

    def bring(self, name: str) -> Path:
        """Return a folder of the study, brought from the URL if it is not here."""
        folder = self.folder / name
        if not any(path.is_file() for path in folder.rglob("*")):
            partial = folder.with_name(f"{folder.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            self._store.download_folder(name, partial)
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
            for path in folder.rglob("*"):
                if path.is_file():
                    self._note(path.relative_to(self.folder).as_posix(), None)
            self._index.save()
        return folder

    def complete(self, name: str) -> None:
        """Bring what lies below a name at the URL alone, such as a checkpoint."""
        for inner in self._store.below(name):
            if not (self.folder / name / inner).exists():
                self._store.download(f"{name}/{inner}", self.folder / name / inner)

    def moved(self, name: str, place: str) -> None:
        """Move at the URL what was moved here, so that it is not brought back.

        Args:
            name: Of the file or folder, before.
            place: Its name now.
        """
        moved = self.folder / place
        for path in [moved] if moved.is_file() else [path for path in moved.rglob("*") if path.is_file()]:
            now = path.relative_to(self.folder).as_posix()
            self._store.upload(path, now)
            self._note(now, None)
        self._store.delete(name)
        self._store.delete_folder(name)
        for known in [known for known in self._index.files if PurePosixPath(known).is_relative_to(name)]:
            del self._index.files[known]
        self._index.save()

    def _download(self, wanted: dict[str, Version]) -> None:
        youngest = max((version.mtime_ns or 0 for version in wanted.values()), default=0)

        def one(name: str) -> None:
            self._store.download(name, self.folder / name)
            version = wanted[name]
            is_settled = version.mtime_ns is not None and version.mtime_ns < youngest - _RACY_NS
            self._note(name, version if is_settled else None)

        if wanted:
            # A record vouches for a number of epochs: read before them, it finds at least as many.
            records = {name for name in wanted if PurePosixPath(name).name == TRIAL_FILE}
            _each(records, one)
            _each(wanted.keys() - records, one)
            self._index.save()

    def _upload(self, names: Iterable[str], states: dict[str, Local], send: Callable[[str], None]) -> None:
        def one(name: str) -> None:
            send(name)
            self._index.files[name] = Entry(local=states[name], remote=None)

        _each(names, one)

    def _remove_others(self, there: dict[str, Version]) -> None:
        for name in list(self._local(everything=True)):
            if name not in there or (_is_left_there(name) and not self._is_same(name, there[name])):
                (self.folder / name).unlink(missing_ok=True)
                self._index.files.pop(name, None)
        # What is here is now at most what was there: it is nobody's newer state.
        (self.folder / _ID).unlink(missing_ok=True)

    def _is_same(self, name: str, version: Version) -> bool:
        entry = self._index.files.get(name)
        return entry is not None and entry.remote == version and entry.local == self._state(name)

    def _changed(self, name: str) -> Local | None:
        """Return a file's state where it is to be uploaded."""
        if name in self._written_through:
            return None
        entry, state = self._index.files.get(name), self._state(name)
        return None if entry is not None and entry.local == state else state

    def _note(self, name: str, remote: Version | None) -> None:
        state = self._state(name)
        if state is not None:
            self._index.files[name] = Entry(local=state, remote=remote)

    def _state(self, name: str) -> Local | None:
        path = self.folder / name
        found = local_state(path)
        if found is None or name != FILE_NAME:
            return found
        log = local_state(path.with_name(f"{name}-wal")) or (0, 0)  # what is not in the file yet
        return found[0] + log[0], max(found[1], log[1])

    def _local(self, *, everything: bool = False) -> Iterator[str]:
        """Yield the names of the files here; those that are no part of the study only where asked for."""
        for place, _, files in os.walk(self.folder):
            for file in files:
                name = (Path(place) / file).relative_to(self.folder).as_posix()
                if _is_mirrored(name) or (everything and not name.startswith(".")):
                    yield name


def _is_mirrored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        not parts[0].startswith(".")
        and parts[0] != "checkpoints"  # Ray Tune's workers write there themselves
        and not any(part.endswith(".partial") for part in parts)
        and not name.startswith(f"{FILE_NAME}-")  # a snapshot needs neither journal nor log
    )


def _is_left_there(name: str) -> bool:
    return "checkpoint" in PurePosixPath(name).parts[:-1]


def _each(names: Iterable[str], act: Callable[[str], None]) -> None:
    """Act on every name, several at once; after a failure no more are begun, and it is raised."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = [pool.submit(act, name) for name in names]
        try:
            for outcome in outcomes:
                outcome.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
