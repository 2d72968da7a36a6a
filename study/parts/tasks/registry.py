"""The data sources that have a name, one a file, each registered by a decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from study.parts.tasks.data import LabelledInputs
from study.values.problems import InputError, unknown_name

Loader = Callable[..., LabelledInputs]
"""`load(argument, *, root, targets, **options)`: what stands behind the colon, the folder of relative paths, the
targets wanted (None for the only one), and the source's own options as keyword-only parameters."""

FILLED_IN = {"argument", "root", "targets"}
"""Parameters of a loader that are no options."""


@dataclass(frozen=True, kw_only=True)
class DataEntry:
    """One source of data."""

    name: str
    """What stands before the colon in a spec's `data`."""
    summary: str
    """One line for listings."""
    load: Loader
    argument: str | None = None
    """What stands behind the colon, such as `PATH`; None where nothing does."""
    targets: tuple[str, ...] = ()
    """Its targets, where they are always the same."""
    licence: str | None = None
    """Terms of the data, where they are always the same."""

    @property
    def usage(self) -> str:
        """How a spec writes it."""
        return self.name if self.argument is None else f"{self.name}:{self.argument}"


_ENTRIES: dict[str, DataEntry] = {}


def register_data(
    name: str,
    *,
    summary: str,
    argument: str | None = None,
    targets: tuple[str, ...] = (),
    licence: str | None = None,
) -> Callable[[Loader], Loader]:
    """Register a loader under a name.

    Raises:
        ValueError: If the name is taken.
    """

    def register(load: Loader) -> Loader:
        if name in _ENTRIES:
            raise ValueError(f"data source {name!r} is registered twice")
        _ENTRIES[name] = DataEntry(
            name=name, summary=summary, load=load, argument=argument, targets=targets, licence=licence
        )
        return load

    return register


def registered() -> list[DataEntry]:
    """Return every source, by name."""
    return [_ENTRIES[name] for name in sorted(_ENTRIES)]


def find_entry(data: str) -> tuple[DataEntry, str | None] | None:
    """Return the source that a spec's `data` names and what stands behind its colon; None where none has that name.

    Raises:
        InputError: If the source takes something behind the colon and nothing stands there, or the other way round.
    """
    name, colon, argument = data.partition(":")
    entry = _ENTRIES.get(name)
    if entry is None:
        return None
    if entry.argument is None and colon:
        raise InputError(f"{data!r}: nothing stands behind the colon of {name}; write {entry.usage}")
    if entry.argument is not None and not argument:
        raise InputError(f"{data!r} does not say which; write {entry.usage}")
    return entry, argument or None


def unknown_data(data: str) -> str:
    """Say that `data` names no source."""
    return f"{unknown_name(data.partition(':')[0], _ENTRIES, what='data')}, package.module:function, file.py:function"


def near_entry(data: str) -> str | None:
    """Return the source whose name is nearest to that of `data`, if one is near."""
    return next(iter(get_close_matches(data.partition(":")[0], _ENTRIES, n=1, cutoff=0.7)), None)
