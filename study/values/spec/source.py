"""A spec's text: what it says and on which line, read without executing or expanding anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from study.values.problems import InputError, Location, Problem

_MAX_BYTES = 2**20
_MAX_NODES = 20_000
"""Far above any spec: what is larger is a mistake, or aliases that expand without end."""
_MAX_DIGITS = 100
"""Of a number: one of base 60 takes time with the square of its length, and one of 4,300 digits cannot be shown."""
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


@dataclass(frozen=True)
class SpecSource:
    """Where each part of a spec stands."""

    file: str | None = None
    lines: dict[Location, int] = field(default_factory=dict)
    """Line of each key and item, counted from 1."""

    def locate(self, problem: Problem) -> Problem:
        """Return the problem with file and line, those of the innermost part of its location that is written down."""
        for length in range(len(problem.location), 0, -1):
            line = self.lines.get(problem.location[:length])
            if line is not None:
                return replace(problem, file=self.file, line=line)
        return replace(problem, file=self.file)


def read_text(path: Path) -> str:
    """Return a spec file's text.

    Raises:
        InputError: If there is no such file, or it is no text.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; a spec is a YAML file")
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} has {path.stat().st_size} bytes; a spec has at most {_MAX_BYTES}")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"no such file: {path}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def parse(text: str, file: str | None) -> tuple[dict[str, Any], SpecSource]:
    """Return what a spec's text says, and where.

    Raises:
        InputError: If it is no YAML, no mapping, names a key twice, or is far too large.
    """
    if len(text) > _MAX_BYTES:
        raise InputError(Problem(message=f"longer than {_MAX_BYTES} characters", file=file))
    loader = yaml.SafeLoader(text) if _is_readable(text) else None
    if loader is None:
        raise InputError(Problem(message="has characters that YAML does not allow", file=file))
    try:
        return _parse(loader, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"no valid YAML: {error.problem or error.context}"
        raise InputError(Problem(message=message, file=file, line=mark.line + 1 if mark else None)) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(Problem(message=f"no valid YAML: {reason}", file=file)) from None
    finally:
        loader.dispose()


def _is_readable(text: str) -> bool:
    return yaml.reader.Reader.NON_PRINTABLE.search(text) is None


def _parse(loader: yaml.SafeLoader, file: str | None) -> tuple[dict[str, Any], SpecSource]:
    node = loader.get_single_node()
    if not isinstance(node, yaml.MappingNode):
        raise InputError(Problem(message="is no mapping; a spec is made of `key: value` lines", file=file))
    lines: dict[Location, int] = {}
    problems = []
    for count, (location, mark, repeated, too_long) in enumerate(_walk(node, ())):
        if count > _MAX_NODES:
            raise InputError(Problem(message=f"has over {_MAX_NODES} entries", file=file))
        if repeated:
            message = f"given twice, first in line {lines[location]}; each key may stand once"
            problems.append(Problem(message=message, location=location, file=file, line=mark.line + 1))
        else:
            lines[location] = mark.line + 1
        if too_long:
            message = f"a number of over {_MAX_DIGITS} characters"
            problems.append(Problem(message=message, location=location, file=file, line=mark.line + 1))
    if problems:
        raise InputError(problems)
    return loader.construct_document(node), SpecSource(file, lines)


def _walk(node: yaml.Node, location: Location) -> Iterator[tuple[Location, yaml.Mark, bool, bool]]:
    """Yield the location of every key and item, where it stands, whether the same key stood there before, and whether
    there is a number without end."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            yield (*location, name), key.start_mark, name in seen, _is_too_long(key) or _is_too_long(value)
            seen.add(name)
            yield from _walk(value, (*location, name))
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield (*location, position), item.start_mark, False, _is_too_long(item)
            yield from _walk(item, (*location, position))


def _is_too_long(node: yaml.Node) -> bool:
    return node.tag in _NUMBERS and len(node.value) > _MAX_DIGITS
