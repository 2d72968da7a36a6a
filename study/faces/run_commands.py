"""Commands that run a study."""

from __future__ import annotations

import shlex
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from study.faces.console import errors, results
from study.faces.leaderboard_view import show_leaderboard, show_not_selected
from study.faces.spec_commands import SpecPath
from study.values.problems import InputError

if TYPE_CHECKING:
    from study.orchestration.study import Study

Directory = Annotated[str, typer.Argument(metavar="DIRECTORY", help="The study directory: a path or a URL.")]
Address = Annotated[
    str | None,
    typer.Option(help="An existing Ray cluster: auto, HOST:PORT or ray://HOST:PORT; a local Ray where not given."),
]


def run(
    path: SpecPath,
    directory: Annotated[
        str, typer.Option("--dir", help="The study directory, made where it is not there: a path or a URL (s3://...).")
    ],
    address: Address = None,
) -> None:
    """Run a study, or go on with it where the directory holds it already."""
    from study.orchestration.study import Study

    _go(Study(path, directory), address=address)


def resume(
    directory: Directory,
    trials: Annotated[str, typer.Option(metavar="+N", help="Search N more trials an arm.")] = "+0",
    address: Address = None,
) -> None:
    """Go on with a study where it stopped."""
    from study.orchestration.study import Study

    _go(Study.open(directory), address=address, extra_trials=_extra(trials))


def _extra(text: str) -> int:
    digits = text.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise InputError(f"--trials {text}: must be a whole number of trials to add, such as +10")
    return int(digits)


def _go(study: Study, *, address: str | None, extra_trials: int = 0) -> None:
    location = shlex.quote(study.location)
    try:
        study.resume(extra_trials=extra_trials, address=address)
    except KeyboardInterrupt as interruption:
        errors.print(f"stopped; `study resume {location}` goes on", highlight=False)
        number = next(iter(interruption.args), signal.SIGINT)
        raise typer.Exit(128 + number) from None
    status = study.status()
    if status.phase != "done":
        errors.print(f"stopped in {status.phase}; `study resume {location}` goes on", highlight=False)
    show_leaderboard(study.leaderboard())
    show_not_selected(study)
    results.print(f"files:       {study.location}", highlight=False)
    results.print(f"report:      study report {location}", highlight=False)
    results.print(f"tensorboard: tensorboard --logdir {shlex.quote(str(study.directory))}", highlight=False)
    if status.failures:
        counted = "; ".join(f"{count} x {reason}" for reason, count in status.failures.items())
        errors.print(f"failed trials: {counted}", style="red", markup=False, highlight=False)
    if any(arm.best is None and arm.stopped is None for arm in status.arms):
        raise typer.Exit(1)
