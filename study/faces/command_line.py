"""The command line: `study`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import study
from study.faces import (
    cache_commands,
    job_commands,
    listing_commands,
    model_commands,
    run_commands,
    spec_commands,
    table_commands,
)
from study.faces.console import errors
from study.faces.rank_command import rank
from study.faces.report_command import report
from study.faces.watch_command import watch
from study.values.problems import InputError

app = typer.Typer(
    name="study",
    help="Find which pretrained model, adapted how, generalizes best on your tasks, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"study {study.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command()(spec_commands.init)
app.command()(spec_commands.validate)
app.command()(rank)
app.command()(run_commands.run)
app.command()(run_commands.resume)
app.command()(job_commands.submit)
app.command()(table_commands.status)
app.command()(watch)
app.command()(job_commands.logs)
app.command()(table_commands.trials)
app.command()(table_commands.leaderboard)
app.command()(table_commands.pareto)
app.command()(report)
app.command()(table_commands.compare)
app.command()(model_commands.export)
app.command()(model_commands.replay)
app.add_typer(listing_commands.app, name="list")
app.add_typer(cache_commands.app, name="cache")


def main() -> None:
    """Run the command line; bad input ends with exit code 2 and a line a problem, never a traceback."""
    try:
        app()
    except InputError as error:
        for problem in error.problems:
            errors.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        if len(error.problems) > 1:
            errors.print(f"{len(error.problems)} problems", highlight=False)
        sys.exit(2)
