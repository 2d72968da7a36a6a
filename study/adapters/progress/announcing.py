"""What is said before a phase begins: a line in the study's log and, unless it is to be quiet, in the terminal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console


def announce(line: str, *, log: Path, quiet: bool) -> None:
    """Write a line.

    Args:
        line: What is said.
        log: File that it is added to, with date and time.
        quiet: Write nothing to the terminal.
    """
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z} {line}\n")
    if not quiet:
        Console(stderr=True).print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
