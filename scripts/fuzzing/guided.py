"""Inputs that atheris finds by what they reach in the readers' code."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any

from fuzzing.campaign import Campaign, run

LONGEST = 4096
"""Bytes of an input."""


def run_guided(campaign: Campaign, target: Any, num_inputs: int, seed: int, crashes: Path) -> None:
    """Give a reader inputs that atheris finds, beginning with the real ones.

    Atheris ends its process, so each reader has one of its own.

    Args:
        campaign: Where it is counted.
        target: The reader; imported under `atheris.instrument_imports`.
        num_inputs: How many.
        seed: Of atheris.
        crashes: Folder for inputs that led to anything but the documented error.
    """
    forked = multiprocessing.get_context("fork")
    counted = forked.Array("q", 2)
    told = forked.SimpleQueue()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=target.path.parent.parent) as corpus:
        for number, content in enumerate(target.real):
            Path(corpus, str(number)).write_bytes(content)
        limits = [f"-runs={num_inputs}", f"-seed={seed + 1}", f"-max_len={LONGEST}", "-verbosity=0", corpus]
        child = forked.Process(target=_fuzz, args=(campaign.reader, target, limits, crashes, counted, told))
        child.start()
        child.join()
    campaign.seconds = time.monotonic() - began
    campaign.taken, campaign.refused = counted
    while not told.empty():
        campaign.crashes.update(told.get())
    if child.exitcode:
        campaign.crashes[f"exit code {child.exitcode}"] = "the process ended"


def _fuzz(reader: str, target: Any, arguments: list[str], crashes: Path, counted: Any, told: Any) -> None:
    import atheris

    campaign = Campaign(reader=reader)

    def one(content: bytes) -> None:
        known = len(campaign.crashes)
        run(campaign, iter([content]), target, crashes)
        counted[0], counted[1] = campaign.taken, campaign.refused
        if len(campaign.crashes) > known:
            told.put(campaign.crashes)

    atheris.Setup(["fuzz", *arguments], one)
    atheris.Fuzz()
