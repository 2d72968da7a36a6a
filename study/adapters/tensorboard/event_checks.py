"""Whether event files are as they were written, by the checksums that TensorBoard's format has."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_POLYNOMIAL = 0x82F63B78
_BATCH_BYTES = 16 * 2**20
_AT_ONCE = 4096
"""Records."""


def damaged_files(paths: Iterable[Path]) -> dict[Path, str]:
    """Return what is wrong with event files, those that are not whole or not as they were written.

    Checksums are CRC-32C, which Python has none of: they are computed of many records at once, byte by byte.
    """
    damaged: dict[Path, str] = {}
    batch: list[tuple[Path, bytes, int]] = []
    num_bytes = 0
    for path in paths:
        content = path.read_bytes()
        try:
            records = [(path, part, checksum) for part, checksum in _parts(content)]
        except ValueError as error:
            damaged[path] = str(error)
            continue
        batch += records
        num_bytes += len(content)
        if num_bytes > _BATCH_BYTES:
            damaged.update(_compare(batch))
            batch, num_bytes = [], 0
    damaged.update(_compare(batch))
    return damaged


def _parts(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each part of a file that has a checksum, and that.

    Raises:
        ValueError: If the file ends within a record.
    """
    place = 0
    while place < len(content):
        if place + _HEADER.size > len(content):
            raise ValueError("it is cut short")
        length, checksum = _HEADER.unpack_from(content, place)
        yield content[place : place + 8], checksum
        place += _HEADER.size
        if place + length + _FOOTER.size > len(content):
            raise ValueError("it is cut short")
        yield content[place : place + length], _FOOTER.unpack_from(content, place + length)[0]
        place += length + _FOOTER.size


def _compare(batch: list[tuple[Path, bytes, int]]) -> Mapping[Path, str]:
    # Records of like lengths together, so that little is filled up.
    ordered = sorted(batch, key=lambda record: len(record[1]))
    damaged = {}
    end = len(ordered)
    while end:
        # From the longest on: as many as fill no more than the batch when all are as long as that.
        start = max(0, end - min(_AT_ONCE, max(1, _BATCH_BYTES // max(1, len(ordered[end - 1][1])))))
        some, end = ordered[start:end], start
        found = _masked(_crc32c([part for _, part, _ in some]))
        for (path, _, checksum), now in zip(some, found, strict=True):
            if checksum != now:
                damaged[path] = "it does not have the checksums that were written with it"
    return damaged


def _crc32c(parts: list[bytes]) -> NDArray[np.uint32]:
    """Return the CRC-32C of each, going through all of them at once, the longest last."""
    lengths = np.array([len(part) for part in parts])
    filled = np.zeros((lengths.max(initial=0), len(parts)), np.uint8)
    for place, part in enumerate(parts):
        filled[: len(part), place] = np.frombuffer(part, np.uint8)
    checksums: NDArray[np.uint32] = np.full(len(parts), 0xFFFFFFFF, np.uint32)
    for position, column in enumerate(filled):
        going_on = np.searchsorted(lengths, position, side="right")
        now = checksums[going_on:]
        checksums[going_on:] = _TABLE[(now ^ column[going_on:]) & 0xFF] ^ (now >> 8)
    return np.bitwise_not(checksums)


def _masked(checksums: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return checksums as the format has them, since it takes checksums of text that holds some."""
    rotated: NDArray[np.uint32] = (checksums >> np.uint32(15)) | (checksums << np.uint32(17))
    masked: NDArray[np.uint32] = rotated + np.uint32(0xA282EAD8)
    return masked


def _table() -> NDArray[np.uint32]:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(_POLYNOMIAL), values >> 1).astype(np.uint32)
    return values


_TABLE = _table()
