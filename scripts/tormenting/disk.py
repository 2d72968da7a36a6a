"""A small disk for study directories, which can be full for a while."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 256
"""Of which a study takes some."""


class SmallDisk:
    """A file system of its own, where this process may mount one; a folder like any other where not."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and mount the file system there.

        Args:
            folder: An empty one, or none yet.
        """
        self.folder = folder
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={_MIB}m", "tmpfs", str(folder)]
        self.can_be_full = subprocess.run(command, capture_output=True).returncode == 0
        """Whether it is a file system of its own."""

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free inside the block."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(2**20))
            except OSError:  # what is left is less than that
                _fill_up(file.fileno())
        try:
            yield
        finally:
            filler.unlink()

    def unmount(self) -> None:
        """Let go of it and of all that it holds."""
        if self.can_be_full:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def _fill_up(file: int) -> None:
    try:
        while os.write(file, bytes(4096)):
            pass
    except OSError:
        return
