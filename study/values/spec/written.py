"""A spec as a study directory has it: YAML under a line with its checksum, so that no part passes for the whole."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from study.values.problems import InputError, Problem
from study.values.spec.reading import dump_spec, read_spec
from study.values.spec.study import StudySpec

_FIRST_LINE = re.compile(rb"# checksum: ([0-9a-f]{8})\n")


def written_spec(spec: StudySpec) -> str:
    """Return the text of the file."""
    text = dump_spec(spec)
    return f"# checksum: {zlib.crc32(text.encode()):08x}\n{text}"


def read_written_spec(path: Path) -> StudySpec:
    """Return the spec in a study directory's file; one without a checksum, of an earlier version, as it is.

    Raises:
        InputError: If it is not what was written, or no spec (names the file).
    """
    content = path.read_bytes()
    first = _FIRST_LINE.match(content)
    changed = first is not None and f"{zlib.crc32(content[first.end() :]):08x}" != first[1].decode()
    if changed or not content.strip():
        what = "does not have the checksum in its first line" if changed else "is empty"
        remedy = "the file was damaged, or edited: copy the spec that the study was begun with over it"
        raise InputError(Problem(message=f"{what}; {remedy}", file=str(path)))
    return read_spec(path)
