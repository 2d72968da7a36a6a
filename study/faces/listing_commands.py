"""Commands that list what a spec can name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import typer

from study.faces.console import show_table
from study.values.protocols import Protocol

app = typer.Typer(help="List what a spec can name.", no_args_is_help=True)


@app.command()
def backbones() -> None:
    """List the backbones that can be named, their weights and families."""
    from study.parts.backbones import list_backbones, list_prefixes

    rows = [(entry.source, entry.family, ", ".join(entry.weights), entry.note) for entry in list_backbones()]
    rows += [(source, family, "", note) for source, family, note in list_prefixes()]
    show_table(("source", "family", "weights", "note"), rows)


@app.command()
def tasks() -> None:
    """List the data that tasks can be made of, with its targets and its licence."""
    from study.parts.tasks import list_data

    rows = [(entry.usage, entry.summary, ", ".join(entry.targets), entry.licence) for entry in list_data()]
    show_table(("data", "what", "targets", "licence"), rows)


@app.command()
def protocols() -> None:
    """List the protocols."""
    show_table(("protocol", "what"), [(protocol.value, protocol.summary) for protocol in Protocol])


@app.command()
def spaces() -> None:
    """List the search spaces that come with the system, and the protocols that use them by default."""
    rows = [(reference, summary, ", ".join(_users(reference))) for reference, summary in _shipped_spaces()]
    show_table(("space", "what", "default of"), rows)


@app.command()
def methods() -> None:
    """List the methods of training and search, how each is asked for, and where it is from."""
    from study.values.methods import METHODS

    rows = [(entry.family, entry.name, entry.summary, entry.source) for entry in METHODS]
    show_table(("family", "name", "what", "from"), rows)


def _users(reference: str) -> list[str]:
    return [protocol.value for protocol in Protocol if protocol.default_space == reference]


def _shipped_spaces() -> Iterator[tuple[str, str]]:
    """Yield the reference and first line of each space: a function of its module's own name, beside the defaults."""
    packages = {protocol.default_space.partition(".")[0] for protocol in Protocol}
    for package in sorted(packages):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            function = getattr(importlib.import_module(f"{package}.{module.name}"), module.name, None)
            if inspect.isfunction(function):
                yield f"{package}.{module.name}:{module.name}", (inspect.getdoc(function) or "").partition("\n")[0]
