"""Progress through a list of things done one after the other in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from study.adapters.progress.wording import duration

T = TypeVar("T")


def counted(
    items: Sequence[T], *, phase: str, name: Callable[[T], str], quiet: bool = False, console: Console | None = None
) -> Iterator[T]:
    """Yield items, showing which one is worked on and how many are done.

    A bar on a terminal, gone in the end; elsewhere a line an item that is done.

    Args:
        items: What is to be done.
        phase: What is going on, such as `rank`.
        name: What an item is called.
        quiet: Show nothing.
        console: Where it is shown; standard error where not given, so that results alone go to standard output.
    """
    console = console or Console(stderr=True)
    if quiet:
        yield from items
    elif console.is_terminal and not console.is_dumb_terminal:
        yield from _drawn(items, phase, name, console)
    else:
        yield from _written(items, phase, name, console)


def _drawn(items: Sequence[T], phase: str, name: Callable[[T], str], console: Console) -> Iterator[T]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        shown = progress.add_task(phase, total=len(items))
        for item in items:
            progress.update(shown, description=f"{phase} {name(item)}")
            yield item
            progress.advance(shown)


def _written(items: Sequence[T], phase: str, name: Callable[[T], str], console: Console) -> Iterator[T]:
    for number, item in enumerate(items, start=1):
        began = time.monotonic()
        yield item
        line = f"[{phase} {number}/{len(items)}] {name(item)}: {duration(time.monotonic() - began)}"
        console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
