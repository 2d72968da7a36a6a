"""A file system of some KiB, for tests of a full disk. Only root may mount one."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")


@contextmanager
def small_disk(folder: Path, kib: int) -> Iterator[Path]:
    """Mount one inside the block, and return where it is.

    Args:
        folder: Where it is mounted; made where it is not there.
        kib: Its size.
    """
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free on it; return the file to remove for room."""
    filler = disk / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=4096"], stderr=subprocess.DEVNULL)
    assert shutil.disk_usage(disk).free == 0
    return filler


def make_room(filler: Path) -> threading.Thread:
    """Remove the file a little later."""
    thread = threading.Timer(1.5, filler.unlink)
    thread.start()
    return thread
