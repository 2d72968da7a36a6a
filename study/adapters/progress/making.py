"""Which way progress is shown: drawn on a terminal, written line by line elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console

from study.adapters.progress.live import LiveProgress
from study.adapters.progress.plain import PlainProgress
from study.adapters.progress.state import Progress
from study.adapters.watcher import Watcher
from study.values.arm import Arm
from study.values.records import TrialRecord


def make_progress(
    arms: Sequence[Arm],
    total_trials: int,
    *,
    phase: str,
    console: Console | None = None,
    earlier: Sequence[TrialRecord] = (),
    count_anew: Callable[[], int] | None = None,
) -> Watcher:
    """Return a watcher that shows how far a phase of a study has come.

    Args:
        arms: What is compared.
        total_trials: Trials of the whole phase, earlier ones included.
        phase: What is going on, such as `search`.
        console: Where it is shown; standard error where not given, so that results alone go to standard output.
        earlier: Records of the phase's trials from before now.
        count_anew: Returns the trials of the whole phase as they are known later; they stay where not given.
    """
    console = console or Console(stderr=True)
    progress = Progress(arms, total_trials, phase=phase, earlier=earlier, count_anew=count_anew)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveProgress(progress, console)
    return PlainProgress(progress, console)
