"""The file of an entry: an array as numpy writes it, and behind it the checksum that it is checked by when opened."""

from __future__ import annotations

import io
import os
import struct
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_TRAILER = struct.Struct("<8sQQ")
"""Magic, number of bytes before it, their CRC-32. One file, so that data and checksum appear at the same instant;
numpy and its memory maps read what the header says and never see what follows."""
_MAGIC = b"STUDYCRC"
_READ_BYTES = 4 * 2**20

_Version = tuple[int, int, int, int]
_checked: set[_Version] = set()
"""Files whose content this process has checked, or written: device, inode, time of writing and size."""


class DamagedEntryError(Exception):
    """An entry's file is not what was written."""


def file_size(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Return the size in bytes of the file of an entry."""
    return len(_header(shape, dtype)) + _num_bytes(shape, dtype) + _TRAILER.size


def write_array(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any], chunks: Iterable[NDArray[Any]]) -> None:
    """Write an array, given in parts along its first axis, and its checksum.

    Plain writes rather than a memory map: a full disk is then an error and not the death of the process, and the
    checksum comes with the bytes.
    """
    header = _header(shape, dtype)
    file.write(header)
    checksum, num_bytes, rows = zlib.crc32(header), len(header), 0
    for chunk in chunks:
        assert chunk.shape[1:] == shape[1:], f"a part of shape {chunk.shape} of an entry of shape {shape}"
        data = np.ascontiguousarray(chunk, dtype=dtype).reshape(-1).view(np.uint8).data
        file.write(data)
        checksum = zlib.crc32(data, checksum)
        num_bytes += len(data)
        rows += len(chunk)
    assert rows == shape[0], f"{rows} rows of an entry of {shape[0]}"
    file.write(_TRAILER.pack(_MAGIC, num_bytes, checksum))
    file.flush()
    _checked.add(_version(file))


def open_array(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an entry's array, memory-mapped, after checking it.

    Header and size are checked each time, the content once a process and version of the file.

    Raises:
        DamagedEntryError: If it is not what was written (says how).
    """
    found_shape, found_dtype = read_header(file)
    if (found_shape, found_dtype) != (shape, dtype):
        raise DamagedEntryError(f"holds {found_dtype} of shape {found_shape}, not {dtype} of shape {shape}")
    check_content(file)
    # Copy-on-write: torch wants a writable array, and nothing written to it may reach the file.
    offset = len(_header(shape, dtype))
    array: NDArray[Any] = np.memmap(file, dtype=dtype, mode="c", offset=offset, shape=shape)
    return array


def read_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and type that a file says it holds.

    Raises:
        DamagedEntryError: If it is no array, or of another size than its header says.
    """
    try:
        file.seek(0)
        npy.read_magic(file)
        shape, _, dtype = npy.read_array_header_1_0(file)
        expected = file_size(shape, dtype)
    except Exception as error:  # it is Python's own parser that reads a header
        raise DamagedEntryError(f"has no readable header ({error})") from error
    size = os.fstat(file.fileno()).st_size
    if size != expected:
        raise DamagedEntryError(f"has {size} bytes, not {expected}")
    return shape, dtype


def check_content(file: BinaryIO, *, again: bool = False) -> None:
    """Compare a file's bytes with their checksum.

    Args:
        file: Of the size that its header says.
        again: Also where this process has done so before.

    Raises:
        DamagedEntryError: If they differ.
    """
    version = _version(file)
    if version in _checked and not again:
        return
    try:
        file.seek(-_TRAILER.size, os.SEEK_END)
        magic, num_bytes, checksum = _TRAILER.unpack(file.read(_TRAILER.size))
        right = magic == _MAGIC and num_bytes == version[-1] - _TRAILER.size and checksum == _crc32(file, num_bytes)
    except OSError as error:
        raise DamagedEntryError(f"cannot be read ({error})") from error
    if not right:
        _checked.discard(version)
        raise DamagedEntryError("does not have the checksum that was written with it")
    _checked.add(version)


def use(path: Path) -> None:
    """Note that an entry was used now: its access time, by which the least recently used is found.

    Set outright, since file systems are commonly mounted so that reading does not set it.
    """
    try:
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
    except OSError:
        return  # another person's entry, or gone meanwhile: what is mapped stays readable


def _crc32(file: BinaryIO, num_bytes: int) -> int:
    file.seek(0)
    buffer = memoryview(bytearray(_READ_BYTES))
    checksum = 0
    while num_bytes:
        part = buffer[: min(num_bytes, _READ_BYTES)]
        read = file.readinto(part)  # type: ignore[attr-defined]
        if not read:
            raise OSError("it ends too early")
        checksum = zlib.crc32(part[:read], checksum)
        num_bytes -= read
    return checksum


def _version(file: BinaryIO) -> _Version:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _num_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize


def _header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    header = io.BytesIO()
    fields = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(header, fields)
    return header.getvalue()
