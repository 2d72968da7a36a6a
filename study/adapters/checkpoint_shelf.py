"""Where a study's checkpoints lie: those of running trials together, those of assessments with their records."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path, PurePosixPath

from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from study.adapters.patience import patiently
from study.adapters.remote.earlier import checkpoints_before
from study.values.plan import Purpose, TrialPlan

FOLDER = "checkpoints"
"""Within the study directory."""


class CheckpointHome(ABC):
    """The place of running trials' checkpoints, seen from every node."""

    filesystem: FileSystem
    """What workers write with."""
    place: str
    """How it is named to people."""
    num_kept = 2
    """Checkpoints kept of a running trial: the one before the last is there for when that is damaged, or, at a URL, for
    a record that is an upload behind."""

    @property
    @abstractmethod
    def root(self) -> str:
        """Path of the study directory on the file system."""

    @property
    def folder(self) -> str:
        """Where Ray Tune writes, on the file system."""
        return f"{self.root}/{FOLDER}"

    @abstractmethod
    def find(self, checkpoint: str) -> str | None:
        """Return what a plan names to go on from a checkpoint, or from the one before; None if both are gone.

        Args:
            checkpoint: Its folder, relative to the study directory.
        """

    def offer(self, checkpoint: str, here: Path) -> str | None:
        """Return what a plan names to read an assessment's checkpoint, which all nodes can from now on; None if gone.

        Args:
            checkpoint: Its folder, relative to the study directory.
            here: Its folder on this machine, if it is on this machine.
        """
        return self.find(checkpoint)

    def remove(self, checkpoint: str) -> None:
        """Remove a checkpoint that nothing goes on from any more; one that cannot be stays until all are.

        Args:
            checkpoint: Its folder, relative to the study directory.
        """
        with suppress(OSError):
            self.filesystem.delete_dir(f"{self.root}/{checkpoint}")

    @abstractmethod
    def clear(self) -> None:
        """Remove what sweeps left: nothing is running, and what is worth keeping lies with its record."""

    def sweeps(self) -> set[str]:
        """Return the names of the sweeps that left something."""
        found = self.filesystem.get_file_info(FileSelector(self.folder, allow_not_found=True))
        return {info.base_name for info in found if info.type == FileType.Directory}


class LocalCheckpoints(CheckpointHome):
    """Checkpoints in a study directory on disk or on a shared file system."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self.filesystem = LocalFileSystem()
        self.place = str(self._directory)

    @property
    def root(self) -> str:
        """Path of the study directory."""
        return str(self._directory)

    def find(self, checkpoint: str) -> str | None:
        """Return a checkpoint's path, or that of the one before; None if both are gone."""
        folder = (self._directory / checkpoint).resolve()
        return str(folder) if folder.is_dir() else next(checkpoints_before(str(folder)), None)

    def clear(self) -> None:
        """Remove what sweeps left."""
        shutil.rmtree(self._directory / FOLDER, ignore_errors=True)


class CheckpointShelf:
    """The checkpoints of one sweep."""

    def __init__(self, home: CheckpointHome, directory: Path) -> None:
        """Open a new sweep's part of the shelf.

        Args:
            home: Where the checkpoints of running trials are.
            directory: The study directory, or the mirror of one, where assessments' checkpoints are put.
        """
        self.home = home
        self._directory = directory.resolve()
        taken = home.sweeps()
        number = 0
        while f"sweep-{number}" in taken:
            number += 1
        self.sweep = f"sweep-{number}"
        """Name of the sweep's folder within the home's."""

    def put(self, plan: TrialPlan, written: str) -> str:
        """Keep a checkpoint that was just written and return its place, relative to the study directory.

        A searched trial's stays where it is while the trial runs; an assessment's is what gets exported, so it is
        copied beside its record.

        Args:
            plan: The trial's.
            written: Its path on the home's file system.
        """
        if plan.purpose is Purpose.SEARCH:
            return PurePosixPath(written).relative_to(PurePosixPath(self.home.root)).as_posix()
        return patiently(lambda: self._keep(plan, written), f"the checkpoint of {plan.folder}")

    def _keep(self, plan: TrialPlan, written: str) -> str:
        """Copy an assessment's checkpoint beside its record."""
        kept = self._directory / plan.folder / "checkpoint"
        partial = kept.with_name("checkpoint.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _copy(self.home.filesystem, written, partial)
        shutil.rmtree(kept, ignore_errors=True)
        partial.rename(kept)
        return kept.relative_to(self._directory).as_posix()

    def clear(self) -> None:
        """Remove what sweeps left."""
        self.home.clear()


def _copy(filesystem: FileSystem, source: str, target: Path) -> None:
    for info in filesystem.get_file_info(FileSelector(source, recursive=True)):
        if info.type == FileType.File:
            path = target / PurePosixPath(info.path).relative_to(PurePosixPath(source))
            path.parent.mkdir(parents=True, exist_ok=True)
            with filesystem.open_input_stream(info.path) as stream, path.open("wb") as file:
                shutil.copyfileobj(stream, file, 8 * 2**20)
