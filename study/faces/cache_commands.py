"""Commands on this machine's cache of decoded images, tokenised texts and features."""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from study.faces.console import results, show_table
from study.values.problems import InputError

if TYPE_CHECKING:
    from study.learning.cache.contents import KeptEntry

app = typer.Typer(help="Look after this machine's cache of images, texts and features.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option("--dir", help="The cache folder, as `resources.cache_dir` names it; the default one where not given."),
]
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@app.command("ls")
def list_entries(
    folder: Folder = None, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """List what is kept, least recently used first."""
    from study.learning.cache.contents import kept_entries

    folder = _chosen(folder)
    entries = kept_entries(folder)
    if as_json:
        sys.stdout.write(json.dumps([_row(entry) for entry in entries], indent=2) + "\n")
        return
    columns = ("kind", "entry", "array", "size", "written", "last used")
    show_table(columns, [_cells(entry) for entry in entries])
    results.print(f"{_count(entries)} in {folder}", markup=False, highlight=False)


@app.command()
def clear(
    folder: Folder = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="What no trial has used for that long: 12h, 30d.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove entries; trials that have them open read on, later ones compute them again."""
    from study.learning.cache.contents import kept_entries, remove_abandoned

    if everything == (older_than is not None):
        raise InputError("say what to remove: --older-than AGE or --all")
    folder = _chosen(folder)
    before = time.time() - (0.0 if older_than is None else _seconds(older_than))
    leaving = [entry for entry in kept_entries(folder) if everything or entry.used_at < before]
    if leaving and not yes:
        typer.confirm(f"remove {_count(leaving)} from {folder}?", abort=True)
    for entry in leaving:
        entry.remove()
    unfinished = remove_abandoned(folder)
    results.print(f"removed {_count(leaving)} from {folder}", markup=False, highlight=False)
    if unfinished:
        results.print(f"removed {unfinished} that processes that died had not finished", highlight=False)


@app.command()
def verify(
    folder: Folder = None,
    keep: Annotated[bool, typer.Option("--keep", help="Report damaged entries and leave them there.")] = False,
) -> None:
    """Read every entry and compare it with its checksum; remove damaged ones. Exit code 1 where there are any."""
    from study.learning.cache.contents import kept_entries

    folder = _chosen(folder)
    entries = kept_entries(folder)
    damaged = 0
    for entry in entries:
        reason = entry.damage()
        if reason is None:
            continue
        damaged += 1
        if not keep:
            entry.remove()
        done = "" if keep else "; removed"
        results.print(f"{entry.path} {reason}{done}", markup=False, highlight=False)
    verdict = "all sound" if not damaged else f"{damaged} damaged"
    results.print(f"{_count(entries)} in {folder}: {verdict}", markup=False, highlight=False)
    if damaged:
        raise typer.Exit(1)


def _chosen(folder: Path | None) -> Path:
    """Return the folder given, the default one where none is.

    Raises:
        InputError: If the one given is not there.
    """
    from study.adapters.cache_folder import default_cache_dir

    if folder is None:
        return default_cache_dir()
    if not folder.is_dir():
        raise InputError(f"no such folder: {folder}")
    return folder


def _seconds(age: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", age.strip())
    if found is None:
        raise InputError(f"--older-than {age}: must be a number and a unit, such as 90m, 12h or 30d")
    return float(found[1]) * _UNITS_S[found[2]]


def _row(entry: KeptEntry) -> dict[str, Any]:
    array = entry.shape()
    return {
        "kind": entry.kind,
        "entry": entry.path.stem,
        "path": str(entry.path),
        "shape": None if array is None else list(array[0]),
        "dtype": None if array is None else array[1],
        "num_bytes": entry.num_bytes,
        "written_at": entry.written_at,
        "used_at": entry.used_at,
    }


def _cells(entry: KeptEntry) -> list[str]:
    array = entry.shape()
    described = "damaged" if array is None else f"{array[1]} {' x '.join(map(str, array[0]))}"
    times = (datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M") for at in (entry.written_at, entry.used_at))
    return [entry.kind, entry.path.stem, described, _size(entry.num_bytes), *times]


def _count(entries: list[KeptEntry]) -> str:
    total = _size(sum(entry.num_bytes for entry in entries))
    return f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'} of {total}"


def _size(num_bytes: float) -> str:
    unit = 0
    while num_bytes >= 1024 and unit < len(_UNITS) - 1:
        num_bytes, unit = num_bytes / 1024, unit + 1
    return f"{num_bytes:.3g} {_UNITS[unit]}"
