"""The objects below a URL: listed, read, written whole."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from pyarrow.fs import FileInfo, FileSelector, FileType

from study.adapters.remote.deadline import within
from study.adapters.remote.errors import StoreError, in_plain_words
from study.adapters.remote.url import open_url

CONTACT_S = 20.0
"""Seconds in which a URL has to answer at first contact."""
_PIECE = 8 * 2**20
"""Bytes copied at once."""
_TRIES = 10
"""To read an object that is replaced meanwhile."""


class Version(NamedTuple):
    """What tells two contents of one object apart, as a listing shows it."""

    size: int
    mtime_ns: int | None
    """None where the storage does not say."""


class ObjectStore:
    """The objects below one URL, by their name relative to it. A write replaces an object whole, or not at all."""

    def __init__(self, url: str) -> None:
        """Open a URL.

        Raises:
            InputError: If it cannot be one (see `open_url`).
        """
        self.url = url
        try:
            self.filesystem, self.path = within(CONTACT_S, lambda: open_url(url))
        except TimeoutError as error:
            raise StoreError(f"cannot read {url}: {in_plain_words(error)}") from None

    def check(self) -> None:
        """Make sure that the URL answers and its bucket is there.

        Raises:
            StoreError: If not, within seconds.
        """
        with self._told("read", ""):
            within(CONTACT_S, self._contact)

    def versions(self) -> dict[str, Version]:
        """Return all objects by name."""
        return {_below(self.path, info): _version(info) for info in self._files("")}

    def version(self, name: str) -> Version | None:
        """Return an object's version; None where there is none."""
        with self._told("read", name):
            info = self.filesystem.get_file_info(self._at(name))
        return _version(info) if info.type == FileType.File else None

    def has_below(self, name: str) -> bool:
        """Whether there are objects below a name."""
        return bool(self._files(name))

    def below(self, name: str) -> dict[str, Version]:
        """Return the objects below a name, by their name relative to it."""
        return {_below(self._at(name), info): _version(info) for info in self._files(name)}

    def read(self, name: str) -> bytes | None:
        """Return an object's content; None where there is none.

        Raises:
            StoreError: If it cannot be read, or is replaced faster than it can be.
        """
        content = io.BytesIO()
        try:
            self._copy_whole(name, content)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        return content.getvalue()

    def write(self, name: str, content: bytes) -> None:
        """Write an object."""
        with self._told("write", name), self._writing(name) as stream:
            stream.write(content)

    def upload(self, path: Path, name: str) -> None:
        """Write a file's content as it is now."""
        with self._told("write", name), path.open("rb") as file, self._writing(name) as stream:
            shutil.copyfileobj(file, stream, _PIECE)

    def download(self, name: str, path: Path) -> None:
        """Bring an object into a file, which is replaced whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        with partial.open("wb") as file:
            self._copy_whole(name, file)
        partial.replace(path)

    def download_folder(self, name: str, folder: Path) -> None:
        """Bring all objects below a name into a folder, which is made even if there are none."""
        folder.mkdir(parents=True, exist_ok=True)
        for info in self._files(name):
            inner = _below(self._at(name), info)
            self.download(f"{name}/{inner}" if name else inner, folder / inner)

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._told("write", name):
            try:
                self.filesystem.delete_file(self._at(name))
            except FileNotFoundError:
                return

    def delete_folder(self, name: str) -> None:
        """Remove all objects below a name."""
        with self._told("write", name):
            if self.filesystem.get_file_info(self._at(name)).type == FileType.Directory:
                self.filesystem.delete_dir(self._at(name))

    def _contact(self) -> None:
        bucket = self.path.partition("/")[0]
        top = self.filesystem.get_file_info(FileSelector(self.path, allow_not_found=True))
        # A missing bucket lists as an empty folder.
        is_bucketed = self.filesystem.type_name in ("s3", "gcs")
        if not top and is_bucketed and self.filesystem.get_file_info(bucket).type == FileType.NotFound:
            raise StoreError(f"cannot read {self.url}: there is no bucket {bucket}")

    @contextmanager
    def _writing(self, name: str) -> Iterator[Any]:
        if self.filesystem.type_name not in ("s3", "gcs"):
            self.filesystem.create_dir(str(PurePosixPath(self._at(name)).parent))
        with self.filesystem.open_output_stream(self._at(name)) as stream:
            yield stream

    def _copy_whole(self, name: str, target: IO[bytes]) -> None:
        """Copy an object's content as it is at one moment.

        A store is read in several requests, between which another process may replace the object: what was read is
        then the beginning of one content and the size of another.
        """
        for _ in range(_TRIES):
            before = self.version(name)
            target.seek(0)
            target.truncate()
            with self._told("read", name), self.filesystem.open_input_stream(self._at(name)) as stream:
                shutil.copyfileobj(stream, target, _PIECE)
            if before is not None and before == self.version(name) and before.size == target.tell():
                return
        raise StoreError(f"cannot read {name} at {self.url}: it is replaced again and again while it is read")

    @contextmanager
    def _told(self, verb: str, name: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            raise
        except Exception as error:  # each file system raises its own kinds
            place = f"{name} at {self.url}" if name else self.url
            raise StoreError(f"cannot {verb} {place}: {in_plain_words(error)}") from error

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}" if name else self.path

    def _files(self, name: str) -> list[FileInfo]:
        selector = FileSelector(self._at(name), recursive=True, allow_not_found=True)
        with self._told("list", name):
            return [info for info in self.filesystem.get_file_info(selector) if info.type == FileType.File]


def _below(folder: str, info: FileInfo) -> str:
    """Return an object's name relative to a folder; it becomes the name of a file.

    Raises:
        StoreError: If that would lie elsewhere: the name of an object may be anything.
    """
    name = PurePosixPath(info.path).relative_to(PurePosixPath(folder))
    if ".." in name.parts:
        raise StoreError(f"the object {info.path} has `..` in its name, which no file of a study has; remove it")
    return name.as_posix()


def _version(info: FileInfo) -> Version:
    return Version(size=info.size, mtime_ns=info.mtime_ns)
