"""The registry: every published architecture, by name."""

from __future__ import annotations

from typing import TypeVar

from study.parts.backbones.architecture import Architecture
from study.values.problems import InputError, Problem, unknown_name

_A = TypeVar("_A", bound=type[Architecture])
_TORCHVISION = "torchvision:"
_OWN_FUNCTION = "or a function of your own, as package.module:function or file.py:function"

_ARCHITECTURES: dict[str, Architecture] = {}


def add(architecture: Architecture) -> None:
    """Make an architecture known by its source's name.

    Raises:
        ValueError: If another has that name.
    """
    if architecture.source in _ARCHITECTURES:
        raise ValueError(f"a backbone named {architecture.source!r} is registered already")
    _ARCHITECTURES[architecture.source] = architecture


def register(kind: _A) -> _A:
    """Decorate an architecture that is made without arguments, so that it becomes known.

    Raises:
        ValueError: If another has its name.
    """
    add(kind())
    return kind


def registered() -> tuple[Architecture, ...]:
    """Return all architectures, ordered by family and name."""
    return tuple(sorted(_ARCHITECTURES.values(), key=lambda known: (known.family, known.source)))


def find(source: str) -> Architecture:
    """Return the architecture of that name; `torchvision:` may be left out.

    Raises:
        InputError: If there is none (names the nearest).
    """
    for name in (source, _TORCHVISION + source):
        if name in _ARCHITECTURES:
            return _ARCHITECTURES[name]
    prefix = _TORCHVISION if source.startswith(_TORCHVISION) else ""
    names = [prefix + name.removeprefix(_TORCHVISION) for name in _ARCHITECTURES if name.startswith(prefix)]
    message = f"{unknown_name(source, names, what='backbone')}; {_OWN_FUNCTION}"
    raise InputError(Problem(message=message, location=("source",)))
