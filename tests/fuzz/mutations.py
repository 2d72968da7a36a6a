"""Content that nobody wrote: real content changed in the ways of accidents and of attackers, and content of chance."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""Inputs a target; those of each test's own where it is 0."""

_PIECES = [
    b"", b"\0", b"\n", b" ", b'"', b"'", b"{", b"}", b"[", b"]", b",", b":", b"-", b"#", b"&a ", b"*a", b"<<: *a",
    b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1", b"9" * 30, b"9" * 5000, b"0x" + b"f" * 5000,
    b"1" + b":1" * 300,
    b"[" * 2000, b'{"a":' * 2000, b"x" * 20000, b"\xff\xfe", b"\xef\xbb\xbf", "\N{SNOWMAN}\u202e\U0001f600".encode(),
    b"\\ud800", b"../../../etc/passwd", b"!!python/object/apply:os.system [echo]", b"!!python/name:os.system ",
    b"cos\nsystem\n(S'true'\ntR.", b"%s%n{0}{{}}", b"os:system", b"2001-99-99", b"!!binary ", b"!!set ", b"? ",
]  # fmt: skip


_WORD = re.compile(rb"[A-Za-z0-9_.+-]+")
_KINDS = ["flip", "cut", "double", "insert", "replace word", "swap", "drop", "swap words"]


def mutated(chance: random.Random, real: Sequence[bytes]) -> bytes:
    """Return one content of the same kinds as `contents` gives, drawn several hundred times as fast.

    Args:
        chance: Where it is drawn from.
        real: What it is changed from, mostly.
    """
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(300))
    if chance.random() < 0.05:
        return b"".join(chance.choices(_PIECES, k=chance.randrange(12)))
    num_changes = 1 if chance.random() < 0.5 else chance.randint(1, 4)
    changes = [
        (chance.choice(_KINDS), chance.random(), chance.randrange(256), chance.choice(_PIECES))
        for _ in range(num_changes)
    ]
    return _changed(chance.choice(real), changes)


def fuzzed(default: int) -> settings:
    """Return how a target is fuzzed.

    Args:
        default: Inputs where FUZZ_EXAMPLES does not say how many.
    """
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    return settings(max_examples=EXAMPLES or default, deadline=None, database=None, suppress_health_check=quiet)


def contents(*real: bytes) -> st.SearchStrategy[bytes]:
    """Return contents: mostly changed from real ones, some of chance alone."""
    return st.one_of(
        st.builds(_changed, st.sampled_from(real), st.lists(_CHANGE, min_size=1, max_size=4)),
        st.builds(_changed, st.sampled_from(real), st.lists(_CHANGE, min_size=1, max_size=1)),
        st.binary(max_size=300),
        st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join),
    )


_CHANGE = st.tuples(
    st.sampled_from(_KINDS),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 255),
    st.sampled_from(_PIECES),
)


def _changed(content: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    for kind, place, number, piece in changes:
        at = int(place * len(content))
        end = at + number
        if kind == "flip":
            content = content[:at] + bytes([number]) + content[at + 1 :]
        elif kind == "cut":
            content = content[:at]
        elif kind == "double":
            content = content[:end] + content[at:]
        elif kind == "insert":
            content = content[:at] + piece + content[at:]
        elif kind == "drop":
            content = content[:at] + content[end:]
        elif kind == "swap":
            content = content[:at] + content[end : end + number] + content[at:end] + content[end + number :]
        else:
            content = _reworded(content, at, number, piece if kind == "replace word" else None)
    return content


def _reworded(content: bytes, at: int, number: int, piece: bytes | None) -> bytes:
    """Return content of which a word, a key or a value, is replaced, or changed for another word of the same."""
    words = _words(content)
    if not words:
        return content
    start, end = min(words, key=lambda word: abs(word[0] - at))
    if piece is None:
        other_start, other_end = words[number % len(words)]
        piece = content[other_start:other_end]
    return content[:start] + piece + content[end:]


def _words(content: bytes) -> list[tuple[int, int]]:
    return [found.span() for found in _WORD.finditer(content)]
