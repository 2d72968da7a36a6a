"""The registry: every published backbone, by name."""

from __future__ import annotations

from typing import TypeVar

from study.parts.backbones.source import PublishedSource
from study.values.problems import InputError, Problem, unknown_name

_A = TypeVar("_A", bound=type[PublishedSource])
_TORCHVISION = "torchvision:"
_OWN_FUNCTION = "or a function of your own, as package.module:function or file.py:function"

_PUBLISHED: dict[str, PublishedSource] = {}


def add(published: PublishedSource) -> None:
    """Make a backbone known by its source's name.

    Raises:
        ValueError: If another has that name.
    """
    if published.source in _PUBLISHED:
        raise ValueError(f"a backbone named {published.source!r} is registered already")
    _PUBLISHED[published.source] = published


def register(kind: _A) -> _A:
    """Decorate a source that is made without arguments, so that it becomes known.

    Raises:
        ValueError: If another has its name.
    """
    add(kind())
    return kind


def registered() -> tuple[PublishedSource, ...]:
    """Return all of them, ordered by family and name."""
    return tuple(sorted(_PUBLISHED.values(), key=lambda known: (known.family, known.source)))


def find(source: str) -> PublishedSource:
    """Return the backbone of that name; `torchvision:` may be left out.

    Raises:
        InputError: If there is none (names the nearest).
    """
    for name in (source, _TORCHVISION + source):
        if name in _PUBLISHED:
            return _PUBLISHED[name]
    prefix = _TORCHVISION if source.startswith(_TORCHVISION) else ""
    names = [prefix + name.removeprefix(_TORCHVISION) for name in _PUBLISHED if name.startswith(prefix)]
    message = f"{unknown_name(source, names, what='backbone')}; {_OWN_FUNCTION}"
    raise InputError(Problem(message=message, location=("source",)))
