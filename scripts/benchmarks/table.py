"""What every benchmark has in common: its options, its rows, and the table and the file that they go to."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

Row = dict[str, Any]
"""`name`, `ours`, `theirs`, `ratio` (how many times better ours is), and `bound` where there is a goal."""


def options_of(description: str, *, quick: str, pairs: int) -> argparse.ArgumentParser:
    """Return a parser with the options of every benchmark.

    Args:
        description: The script's docstring.
        quick: What `--quick` leaves out.
        pairs: Times that both sides are run, where not given.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"under 5 minutes: {quick}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--pairs", type=int, default=pairs, metavar="N", help="times that both sides are run")
    return parser


def row(
    name: str, pairs: Sequence[tuple[float, float]], *, bound: str | None = None, higher_is_better: bool = False
) -> Row:
    """Return a row of medians.

    Args:
        name: What was measured, with its unit.
        pairs: Ours and theirs, of each pair of runs.
        bound: The goal.
        higher_is_better: Whether more is better; less is where not.
    """
    ratios = [ours / theirs if higher_is_better else theirs / ours for ours, theirs in pairs]
    medians = {"ours": median(ours for ours, _ in pairs), "theirs": median(theirs for _, theirs in pairs)}
    found: Row = {"name": name, **medians, "ratio": median(ratios)}
    return found if bound is None else {**found, "bound": bound}


def report(rows: Iterable[Row], file: Path | None) -> None:
    """Print rows as they come, then write them to a file."""
    shown = []
    print(f"{'':78} {'ours':>10} {'theirs':>10} {'ratio':>8}", flush=True)
    for found in rows:
        shown.append(found)
        bound = f"   (goal: {found['bound']})" if "bound" in found else ""
        figures = f"{found['ours']:10.4g} {found['theirs']:10.4g} {found['ratio']:8.2f}"
        print(f"{found['name']:78} {figures}{bound}", flush=True)
    if file is not None:
        file.write_text(json.dumps(shown, indent=2) + "\n")
