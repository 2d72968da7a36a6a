"""A JSON object that carries a checksum of itself, as its last key: it stays plain JSON, and a changed byte shows."""

from __future__ import annotations

import re
import zlib

KEY = "checksum"

_SEAL = re.compile(rb',\s*"checksum":\s*"([0-9a-f]{8})"\s*}\s*\Z')


class BrokenSealError(ValueError):
    """Content is not what its checksum was taken of."""


def sealed(text: str) -> str:
    """Return a JSON object with one more key: the CRC-32 of its text up to there, in UTF-8.

    Args:
        text: An object that has a key, on one line or indented by two.
    """
    content = text[:-1].rstrip()
    assert text.endswith("}"), "an object"
    assert not content.endswith("{"), "that is not empty"
    comma, colon, end = (",\n  ", ": ", "\n") if "\n" in text else (",", ":", "")
    return f'{content}{comma}"{KEY}"{colon}"{_checksum(content.encode())}"{end}}}'


def unsealed(content: bytes) -> bytes:
    """Return the object without its checksum; one that has none, of an earlier version, as it is.

    Raises:
        BrokenSealError: If it is not the object that the checksum was taken of.
    """
    seal = _SEAL.search(content)
    if seal is None:
        return content
    if _checksum(content[: seal.start()]) != seal[1].decode():
        raise BrokenSealError("its content does not have the checksum that was written with it")
    return content[: seal.start()] + b"}"


def _checksum(content: bytes) -> str:
    return f"{zlib.crc32(content):08x}"
