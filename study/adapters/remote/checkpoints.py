"""Checkpoints at a URL: workers on any node write and read there directly."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from study.adapters.checkpoint_shelf import FOLDER, CheckpointHome
from study.adapters.remote.earlier import checkpoints_before
from study.adapters.remote.errors import StoreError
from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.url import child_url


class RemoteCheckpoints(CheckpointHome):
    """Running trials' checkpoints below a study's URL."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.filesystem = store.filesystem
        self.place = store.url

    @property
    def root(self) -> str:
        """Path of the study within the file system."""
        return self._store.path

    def find(self, checkpoint: str) -> str | None:
        """Return a checkpoint's URL, or that of the one before; None if both are gone."""
        url = child_url(self._store.url, checkpoint)
        return url if self._store.has_below(checkpoint) else next(checkpoints_before(url), None)

    def offer(self, checkpoint: str, here: Path) -> str | None:
        """Return a checkpoint's URL, once all of it is there: the uploads of the study's files may be behind.

        Raises:
            StoreError: If it cannot be written.
        """
        for path in sorted(here.iterdir()) if here.is_dir() else ():
            self._store.upload(path, f"{checkpoint}/{path.name}")
        return self.find(checkpoint)

    def clear(self) -> None:
        """Remove what sweeps left, or leave it: it does no harm."""
        with suppress(StoreError):
            self._store.delete_folder(FOLDER)
