"""A study directory at a URL, worked on in a local mirror."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from study.adapters.cache_folder import default_cache_dir
from study.adapters.checkpoint_shelf import CheckpointHome
from study.adapters.remote.checkpoints import RemoteCheckpoints
from study.adapters.remote.lease import Lease
from study.adapters.remote.lease_guard import LeaseGuard
from study.adapters.remote.mirror import Mirror
from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.uploader import Uploader
from study.adapters.watcher import Watcher
from study.learning.manifest import MANIFEST, DamagedCheckpointError, check_sizes
from study.orchestration.directory import BEGUN, ROOT, SPEC, StudyDirectory, directory_files
from study.values.keys import content_digest
from study.values.problems import InputError
from study.values.spec import StudySpec


class RemoteStudyDirectory(StudyDirectory):
    """A study at a URL. Its files here are brought up to date when it is opened, and uploaded while it runs."""

    def __init__(self, url: str) -> None:
        """Open a URL.

        Raises:
            InputError: If it cannot be read: one sentence, within seconds.
        """
        self._store = ObjectStore(url)
        self._store.check()
        home = default_cache_dir() / "mirrors" / content_digest(url.rstrip("/"))
        self._mirror = Mirror(self._store, home, marker=SPEC, written_through=(SPEC, ROOT))
        self._pulling = FileLock(home / "pull.lock")
        self._held: Lease | None = None
        super().__init__(self._mirror.folder)
        self._pull_unless_running()

    @property
    def location(self) -> str:
        """Its URL."""
        return self._store.url

    @property
    def checkpoints(self) -> CheckpointHome:
        """Where running trials' checkpoints are."""
        return RemoteCheckpoints(self._store)

    def bring(self, name: str) -> Path:
        """Return a folder within it, fetched to this machine."""
        return self._mirror.bring(name)

    def check(self, checkpoint: str) -> None:
        """Make sure that an assessment's checkpoint is what was written: by its files here, or by their sizes there.

        Raises:
            DamagedCheckpointError: If it is not, or not there.
        """
        if (self.path / checkpoint).is_dir():
            try:
                super().check(checkpoint)
            except DamagedCheckpointError:
                shutil.rmtree(self.path / checkpoint)  # what lies at the URL may be whole
                self._mirror.bring(checkpoint)
                super().check(checkpoint)
        else:
            sizes = {name: version.size for name, version in self._store.below(checkpoint).items()}
            check_sizes(f"{self.location}/{checkpoint}", sizes, self._store.read(f"{checkpoint}/{MANIFEST}"))

    def set_aside(self, name: str) -> str:
        """Move a file or folder to where nothing is read, here and at the URL."""
        self._mirror.complete(name)
        place = super().set_aside(name)
        self._mirror.moved(name, place)
        return place

    def guards(self) -> tuple[Watcher, ...]:
        """Return what stops a run whose lease was taken over."""
        return () if self._held is None else (LeaseGuard(self._held),)

    def create(self, spec: StudySpec, root: Path) -> None:
        """Write the spec to the URL.

        Raises:
            InputError: If it cannot be written, or has other objects below it.
        """
        others = sorted(name for name in self._store.versions() if name not in BEGUN and name[0] != ".")
        if others:
            raise InputError(f"{self.location} is no study directory and not empty ({', '.join(others[:3])}, ...)")
        self.replace(spec, root)

    def replace(self, spec: StudySpec, root: Path) -> None:
        """Write a spec, and the folder that its paths are relative to, where they differ from what is there.

        Raises:
            InputError: If they cannot be written, or another process runs the study.
        """
        texts = directory_files(spec, root)
        changed = {name: text for name, text in texts.items() if _text(self.path / name) != text}
        if changed and self._held is None and self.is_running:
            raise InputError(f"{self.location} is in use: another process runs this study")
        for name, text in changed.items():
            self._mirror.write(name, text)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the URL for one run; what changes here is uploaded all the while, and whole at the end.

        Raises:
            InputError: If another process holds it, or the last upload fails.
        """
        lease = Lease(self._store)
        with super().locked(), lease.held() as before:
            with self._pulling:
                self._mirror.pull(writer=None if before is None else before.writer)
            lease.wrote(self._mirror.id)
            self._held = lease
            try:
                with Uploader(self._mirror, lease.check, url=self.location).running():
                    yield
            finally:
                self._held = None

    @property
    def is_running(self) -> bool:
        """Whether a process runs the study now, on this machine or another."""
        return self._runs_here or Lease(self._store).is_held

    @property
    def _runs_here(self) -> bool:
        return super().is_running

    def _pull_unless_running(self) -> None:
        """Bring what is at the URL, unless a process of this machine runs the study: the files here are then newer."""
        with self._pulling:
            if not self._runs_here:
                record = Lease(self._store).read()
                self._mirror.pull(writer=None if record is None else record.writer)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
