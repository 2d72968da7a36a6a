"""The manifest of a checkpoint: size and CRC-32 of each of its files, written last and checked before any is used."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from study.values.problems import InputError

MANIFEST = "manifest.json"
PROGRESS = "progress.json"
"""Says where a checkpoint stands; here since it also says whether the checkpoint has a manifest."""
LISTED = "listed"
"""Its key for that: checkpoints of earlier versions have none."""
_READ_BYTES = 4 * 2**20
_MAX_NAME_BYTES = 255
"""Of a file's name, on the file systems of today."""


class DamagedCheckpointError(InputError):
    """A checkpoint is not what was written, or not all of it is there."""


def write_manifest(folder: Path, *, of: str) -> None:
    """List all files of a checkpoint.

    Args:
        folder: The checkpoint's.
        of: What tells its trial from others.
    """
    _write(folder, of, {name: _facts(folder / name) for name in _names(folder)})


def extend_manifest(folder: Path) -> None:
    """List files that were put beside those of a checkpoint."""
    found = _read(folder) if (folder / MANIFEST).is_file() else {"of": None, "files": {}}
    new = {name: _facts(folder / name) for name in _names(folder) if name not in found["files"]}
    _write(folder, found["of"], {**found["files"], **new})


def check_manifest(
    folder: Path, *, names: Iterable[str] | None = None, of: str | None = None, or_of: str | None = None
) -> None:
    """Compare a checkpoint's files with its manifest; one of an earlier version, which has none, is taken as it is.

    Args:
        folder: The checkpoint's.
        names: Files that are compared, those of them that it has; all where None.
        of: What tells the trial whose it has to be from others.
        or_of: The same of another trial whose it may be too.

    Raises:
        DamagedCheckpointError: If they differ, or it is another trial's (says which file, and how).
    """
    if not (folder / MANIFEST).is_file():
        if not (folder / PROGRESS).is_file():
            raise DamagedCheckpointError(f"no whole checkpoint in {folder}: {PROGRESS} is missing")
        if _is_listed(folder):
            raise _damaged(folder, f"{MANIFEST} is missing")
        return
    found = _read(folder)
    if of is not None and found["of"] not in (of, or_of, None):
        raise _damaged(folder, f"it is of {found['of']}")
    for name, facts in found["files"].items():
        if names is None or name in names:
            _compare(folder, name, facts)


def check_sizes(place: str, sizes: Mapping[str, int], manifest: bytes | None) -> None:
    """Compare the sizes of a checkpoint's files, which lie elsewhere, with its manifest.

    Args:
        place: How the checkpoint is named to people.
        sizes: In bytes, of all its files.
        manifest: Content of that file; None where it is not there.

    Raises:
        DamagedCheckpointError: If they differ (says which file, and how).
    """
    if manifest is None and PROGRESS in sizes:
        return  # of an earlier version
    files = {} if manifest is None else _parse(manifest, place)["files"]
    if not files:
        raise _damaged(place, f"{MANIFEST} is missing")
    for name, facts in files.items():
        if sizes.get(name) != facts["bytes"]:
            raise _damaged(place, f"{name} has {sizes.get(name, 'no')} bytes, not {facts['bytes']}")


def _compare(folder: Path, name: str, facts: dict[str, int]) -> None:
    path = folder / name
    if not path.is_file():
        raise _damaged(folder, f"{name} is missing")
    if path.stat().st_size != facts["bytes"]:
        raise _damaged(folder, f"{name} has {path.stat().st_size} bytes, not {facts['bytes']}")
    if _checksum(path) != facts["crc32"]:
        raise _damaged(folder, f"{name} does not have the checksum that was written with it")


def _read(folder: Path) -> dict[str, Any]:
    return _parse((folder / MANIFEST).read_bytes(), folder)


def _parse(content: bytes, place: Path | str) -> dict[str, Any]:
    try:
        found = json.loads(content)
        of = found["of"]
        files = {
            str(name): {key: int(facts[key]) for key in ("bytes", "crc32")} for name, facts in found["files"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise _damaged(place, f"{MANIFEST} cannot be read") from None
    strangers = [name for name in files if not _is_name(name)]
    if strangers:
        raise _damaged(place, f"{MANIFEST} names {strangers[0][:99]!r}, which is no file of the checkpoint")
    return {"of": of, "files": files}


def _is_name(name: str) -> bool:
    """Whether a file of that name lies in a checkpoint's own folder, if it is there."""
    return (
        name not in ("", ".", "..")
        and set(name).isdisjoint("/\\\0")
        and len(name.encode("utf-8", "replace")) <= _MAX_NAME_BYTES
    )


def _write(folder: Path, of: str | None, files: dict[str, dict[str, int]]) -> None:
    partial = folder / f"{MANIFEST}.partial"
    partial.write_text(json.dumps({"of": of, "files": files}, indent=2), encoding="utf-8")
    os.replace(partial, folder / MANIFEST)


def _names(folder: Path) -> list[str]:
    """Return the names of a checkpoint's own files; Tune puts hidden ones beside them."""
    found = sorted(path.name for path in folder.iterdir() if path.is_file())
    return [name for name in found if not name.startswith((".", MANIFEST))]


def _is_listed(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / PROGRESS).read_bytes()).get(LISTED))
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def _facts(path: Path) -> dict[str, int]:
    return {"bytes": path.stat().st_size, "crc32": _checksum(path)}


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(_READ_BYTES):
            checksum = zlib.crc32(part, checksum)
    return checksum


def _damaged(place: Path | str, how: str) -> DamagedCheckpointError:
    return DamagedCheckpointError(f"checkpoint {place} is damaged: {how}")
