"""Progress as a bar and a table of arms."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from study.adapters.progress.state import Progress
from study.adapters.progress.wording import best, reason_line, time_left
from study.values.states import TrialState


def draw(progress: Progress, now: float) -> RenderableType:
    """Return the bar, the arms, and why the last failed trial of each arm failed."""
    failures = [
        Text(f"{name}: last failure: {reason_line(arm.last_failure)}", style="red", overflow="ellipsis", no_wrap=True)
        for name, arm in progress.arms.items()
        if arm.ended[TrialState.FAILED]
    ]
    return Group(_bar(progress, now), _arms(progress), *failures)


def _bar(progress: Progress, now: float) -> Table:
    line = Table.grid(padding=(0, 2))
    line.add_row(
        Text(progress.phase, style="bold"),
        ProgressBar(total=max(1, progress.total), completed=progress.ended, width=30),
        Text(f"{progress.ended} of {progress.total} trials"),
        Text(f"left: {time_left(progress.time_left_s(now))}" if progress.ended < progress.total else "done"),
    )
    return line


def _arms(progress: Progress) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("arm", overflow="fold")
    for heading in ("running", "complete", "pruned", "failed"):
        table.add_column(heading, justify="right")
    table.add_column("best so far")
    for name, arm in progress.arms.items():
        failed = arm.ended[TrialState.FAILED]
        table.add_row(
            Text(name),
            str(len(arm.running)),
            str(arm.ended[TrialState.COMPLETE]),
            str(arm.ended[TrialState.PRUNED]),
            Text(str(failed), style="red" if failed else ""),
            Text(best(arm)),
        )
    return table
