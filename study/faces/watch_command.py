"""The command that shows a running study live."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from study.faces.console import results
from study.faces.leaderboard_view import show_leaderboard
from study.faces.run_commands import Directory

if TYPE_CHECKING:
    from study.orchestration.watching import Look


def watch(
    directory: Directory,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.2)] = 2.0,
) -> None:
    """Show a study live, from any terminal that sees its directory, until it is done or you leave with Ctrl-C."""
    from study.orchestration.study import Study
    from study.orchestration.watching import Watch

    study = Study.open(directory)
    looks = Watch(study)
    look = looks.look()
    try:
        with Live(_drawn(look), console=results, auto_refresh=False) as live:
            while look.status.phase != "done":
                time.sleep(every)
                look = looks.look()
                live.update(_drawn(look), refresh=True)
    except KeyboardInterrupt:
        return
    show_leaderboard(study.leaderboard())


def _drawn(look: Look) -> RenderableType:
    from study.adapters.progress.drawing import draw

    state = f"{look.status.name}: {look.status.phase}, {'running' if look.status.running else 'not running'}"
    return Group(Text(state, style="bold"), draw(look.progress, time.time()))
