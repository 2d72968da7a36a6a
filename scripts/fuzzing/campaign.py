"""Many inputs for one reader: how many it took, how many it refused, and what else happened."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HANGS_S = 60
"""Seconds after which a reader counts as hanging."""


@dataclass(kw_only=True)
class Campaign:
    """What came of one reader's inputs."""

    reader: str
    taken: int = 0
    refused: int = 0
    seconds: float = 0.0
    crashes: dict[str, str] = field(default_factory=dict)
    """Of each kind, by the error and where it was raised, the file with the first input that led to it."""

    @property
    def inputs(self) -> int:
        """How many there were."""
        return self.taken + self.refused

    @property
    def row(self) -> dict[str, Any]:
        """What is reported."""
        rate = self.inputs / self.seconds if self.seconds else 0.0
        told = {"reader": self.reader, "inputs": self.inputs, "taken": self.taken, "refused": self.refused}
        return {**told, "seconds": round(self.seconds, 1), "per_second": round(rate, 1), "crashes": self.crashes}

    def note(self, error: BaseException, content: bytes, folder: Path) -> None:
        """Keep the input of a crash that was not seen before, and its traceback beside it."""
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        if kind in self.crashes:
            return
        path = folder / f"{self.reader.replace(' ', '-')}-{len(self.crashes)}"
        path.write_bytes(content)
        path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)))
        self.crashes[kind] = str(path)


class HangError(Exception):
    """A reader did not come back."""


@contextmanager
def no_hang() -> Iterator[None]:
    """Break off what takes too long."""

    def late(*_: Any) -> None:
        raise HangError(f"not back after {HANGS_S} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(HANGS_S)
    try:
        yield
    finally:
        signal.alarm(0)


def run(campaign: Campaign, inputs: Iterator[bytes], target: Any, crashes: Path) -> None:
    """Give a reader all inputs.

    Args:
        campaign: Where it is counted.
        inputs: What its file holds, one after the other.
        target: The reader.
        crashes: Folder for inputs that led to anything but the documented error.
    """
    from targets import takes

    began = time.monotonic()
    for content in inputs:
        try:
            with no_hang():
                is_taken = takes(target, content)
        except Exception as error:
            campaign.note(error, content, crashes)
            is_taken = False
        campaign.taken += is_taken
        campaign.refused += not is_taken
        campaign.seconds = time.monotonic() - began
