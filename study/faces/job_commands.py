"""Commands on studies that run as jobs of a cluster."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from study.faces.console import results
from study.faces.spec_commands import SpecPath
from study.values.problems import InputError

Dashboard = Annotated[
    str,
    typer.Option(help="Where the cluster's dashboard answers: http://HOST:8265.", envvar="RAY_API_SERVER_ADDRESS"),
]
_POLL_S = 1.0


def submit(
    path: SpecPath,
    directory: Annotated[
        str, typer.Option("--dir", help="The study directory as the cluster sees it: an absolute path or a URL.")
    ],
    address: Dashboard,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show what it writes until it ends.")] = False,
) -> None:
    """Submit a study to a cluster through Ray Jobs; it goes on when this machine is gone.

    The spec's folder travels with it (its .gitignore counts). Submitted again with the same directory it goes on
    where it stopped.
    """
    from study.orchestration.submission import submit as submit_study

    job = submit_study(path, directory, address=address)
    results.print(f"submitted: {job.id}", highlight=False)
    results.print(f"follow it: study logs {job.id} --address {address} --follow", highlight=False)
    results.print(f"status:    study status {job.id} --address {address}", highlight=False)
    if follow:
        _write_job_log(job.id, address, follow=True)


def logs(
    name: Annotated[str, typer.Argument(metavar="DIRECTORY|JOB", help="A study directory, or with --address a job.")],
    address: Annotated[
        str | None, typer.Option(help="Where the dashboard of the job's cluster answers: http://HOST:8265.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the study ends.")] = False,
) -> None:
    """Show what a study wrote while it ran: a line a trial, with date and time."""
    if address is not None:
        _write_job_log(name, address, follow=follow)
    else:
        _write(_directory_log(name, follow=follow))


def _write_job_log(name: str, address: str, *, follow: bool) -> None:
    from study.adapters.jobs import JobBoard

    board = JobBoard(address)
    job = board.find(name)
    _write(board.follow(job) if follow else iter([board.log(job)]))
    if follow and board.find(job.id).state != "SUCCEEDED":
        raise typer.Exit(1)


def _directory_log(directory: str, *, follow: bool) -> Iterator[str]:
    from study.orchestration.directory import LOG
    from study.orchestration.study import Study

    position = 0
    while True:
        study = Study.open(directory)  # of one at a URL, what was written meanwhile is fetched
        running = study.is_running  # asked before reading, so that the last lines are not missed
        path: Path = study.directory / LOG
        if not path.exists() and not follow:
            raise InputError(f"{path} is not there: the study has not run yet")
        if path.exists():
            with path.open(encoding="utf-8") as file:
                file.seek(position)
                yield file.read()
                position = file.tell()
        if not follow or not running:
            return
        time.sleep(_POLL_S)


def _write(texts: Iterator[str]) -> None:
    try:
        for text in texts:
            sys.stdout.write(text)
            sys.stdout.flush()
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
