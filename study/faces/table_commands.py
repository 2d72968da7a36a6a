"""Commands that show where a study stands and what it found."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from study.faces.console import results, show_table
from study.faces.frames import AsCsv, AsJson, show_frame, write_frame
from study.faces.leaderboard_view import show_leaderboard, show_not_selected
from study.faces.run_commands import Directory

if TYPE_CHECKING:
    from study.orchestration.status import StudyStatus


def status(
    directory: Annotated[
        str, typer.Argument(metavar="DIRECTORY|JOB", help="The study directory, or with --address a submitted job.")
    ],
    as_json: AsJson = False,
    address: Annotated[
        str | None, typer.Option(help="Where the dashboard of the job's cluster answers: http://HOST:8265.")
    ] = None,
) -> None:
    """Show where a study stands, while it runs or after."""
    from study.orchestration.study import Study

    if address is not None:
        _job_status(directory, address, as_json=as_json)
    else:
        _show_status(Study.open(directory).status(), as_json=as_json)


def _job_status(name: str, address: str, *, as_json: bool) -> None:
    from study.orchestration.submission import job_status

    job, found = job_status(name, address=address)
    if as_json:
        study = None if found is None else found.model_dump(mode="json")
        sys.stdout.write(json.dumps({"job": job.model_dump(mode="json"), "study": study}, indent=2) + "\n")
        return
    results.print(f"{job.id}: {job.state}: {job.message}", markup=False, highlight=False)
    if found is not None:
        _show_status(found, as_json=False)


def _show_status(found: StudyStatus, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
        return
    columns = ("arm", "running", "complete", "pruned", "failed", "remaining", "best", "metric", "assessed")
    show_table(columns, [[getattr(arm, column) for column in columns] for arm in found.arms])
    running = "running" if found.running else "not running"
    results.print(f"{found.name}: {found.phase}, {running}", highlight=False)
    for arm in found.arms:
        if arm.stopped is not None:
            results.print(arm.stopped, markup=False, highlight=False)
    for reason, count in found.failures.items():
        results.print(f"{count} failed: {reason}", markup=False, highlight=False)


def trials(directory: Directory, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show every trial: its state, its objective, its hyperparameters."""
    from study.orchestration.study import Study

    table = Study.open(directory).trials()
    if not write_frame(table, as_json=as_json, as_csv=as_csv):
        short = table.assign(reason=table["reason"].map(_first_line))
        show_frame(short)


def leaderboard(directory: Directory, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show each arm's selected configuration on each of its tasks, best on test first."""
    from study.orchestration.study import Study

    study = Study.open(directory)
    table = study.leaderboard()
    if not write_frame(table, as_json=as_json, as_csv=as_csv):
        show_leaderboard(table)
        show_not_selected(study)


def pareto(
    directory: Directory,
    cost: Annotated[
        list[str] | None,
        typer.Option(help="What to hold the metric against; may be given several times. Those of the spec otherwise."),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the trials that no other beats in the metric and in what its model costs; --json, --csv: all trials."""
    from study.faces.report.tables import pareto_rows
    from study.orchestration.study import Study

    study = Study.open(directory)
    table = study.pareto(*(cost or ()))
    if not write_frame(table, as_json=as_json, as_csv=as_csv):
        front = pareto_rows(table)
        show_table(front.columns, front.rows)
        show_not_selected(study)


def _first_line(reason: object) -> object:
    return reason.splitlines()[0] if isinstance(reason, str) and reason else None


def compare(
    directories: Annotated[list[str], typer.Argument(metavar="DIRECTORY...", help="Study directories: paths or URLs.")],
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the leaderboards of several studies as one, best on test first within each task."""
    from study.orchestration.comparing import compare_studies
    from study.orchestration.study import Study

    table = compare_studies([Study.open(directory) for directory in directories])
    if not write_frame(table, as_json=as_json, as_csv=as_csv):
        show_frame(table)
