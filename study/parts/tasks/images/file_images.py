"""Images kept one a file, decoded when they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from stat import S_ISREG

from PIL import Image
from torch import Tensor

from study.parts.tasks.data import Images
from study.parts.tasks.pixels import to_pixels
from study.values.problems import InputError

NUM_NAMED = 5
"""How many of many faults a message names."""


class FileImages(Images):
    """Image files, in the order given."""

    def __init__(self, paths: Sequence[str], base: Path, *, origins: Sequence[str] | None = None) -> None:
        """Look at every file, without opening it.

        Args:
            paths: Relative to `base`, or absolute.
            base: Folder of relative paths.
            origins: Where each path is written, such as `labels.csv row 3`, for messages.

        Raises:
            InputError: If files are missing (says how many and names the first 5).
        """
        self.paths = tuple(paths)
        self.base = base
        self._origins = origins
        # A digest over relative paths, sizes and times of change: hashing the bytes would read the whole data set once
        # more in every process, and a change of pixels that keeps all three does not happen by itself.
        digest = hashlib.sha256(b"files")
        missing = []
        for position, path in enumerate(self.paths):
            status = _status(base / path)
            if status is None:
                missing.append(position)
            else:
                digest.update(f"{path}\x1f{status[0]}\x1f{status[1]}\x1e".encode("utf-8", "surrogateescape"))
        if missing:
            raise InputError(_missing_message([self.place(position) for position in missing], len(self.paths)))
        self._digest = digest.hexdigest()[:32]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def in_any_thread(self) -> bool:
        """Yes: each read opens its own file."""
        return True

    def read(self, index: int) -> Tensor:
        """Return image `index` as uint8, shape (3, H, W).

        Raises:
            InputError: If it is gone or cannot be decoded (names its path).
        """
        try:
            with Image.open(self.base / self.paths[index]) as image:
                return to_pixels(image)
        except Exception as error:  # a decoder raises nearly anything on a damaged file
            raise InputError(f"cannot read the image {self.place(index)}: {error}") from error

    def place(self, index: int) -> str:
        """Return the path of image `index`, and where it is written."""
        path = str(self.base / self.paths[index])
        return path if self._origins is None else f"{path} ({self._origins[index]})"

    @property
    def digest(self) -> str:
        """Digest over relative paths, sizes and modification times."""
        return self._digest


def _status(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):  # ValueError: a path no file system could hold
        return None
    return (status.st_size, status.st_mtime_ns) if S_ISREG(status.st_mode) else None


def _missing_message(places: Sequence[str], num_all: int) -> str:
    listed = "; ".join(places[:NUM_NAMED])
    more = f"; and {len(places) - NUM_NAMED} more" if len(places) > NUM_NAMED else ""
    return f"{len(places)} of {num_all} image files are missing: {listed}{more}"
