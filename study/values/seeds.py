"""One derived seed a purpose, so that adding a consumer of chance never shifts another's stream."""

from __future__ import annotations

import hashlib


def derive_seed(root: int, *purpose: str | int) -> int:
    """Return a seed in [0, 2**31) that depends on `root` and on every word of `purpose` alone.

    The first 31 bits of SHA-256 over the words, so equal on every platform and Python.
    """
    text = "\x1f".join([str(root), *(f"{type(word).__name__}:{word}" for word in purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
