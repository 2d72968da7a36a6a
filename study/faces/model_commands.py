"""Commands on single models and trials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.faces.console import results
from study.faces.run_commands import Directory


def export(
    directory: Directory,
    arm: Annotated[str, typer.Option(help="The arm, as the leaderboard names it.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
) -> None:
    """Write an arm's model, as assessed: weights (safetensors), config and preprocessing."""
    from study.orchestration.loading_code import loading_code
    from study.orchestration.study import Study

    written = Study.open(directory).export(arm, output)
    lines = (f"wrote {written}; in Python:", *(f"    {line}" for line in loading_code(written)))
    results.print("\n".join(lines), markup=False, highlight=False)


def replay(
    directory: Directory,
    trial: Annotated[int, typer.Option(help="Number of the trial.", min=0)],
) -> None:
    """Train a trial again and say whether its metrics come out the same."""
    from study.orchestration.study import Study

    again = Study.open(directory).replay(trial)
    verdict = "the same" if again.same else "DIFFERENT"
    results.print(
        f"trial {again.number}, {again.epochs} epochs: {verdict} within {again.tolerance:g} "
        f"(largest difference {again.largest_difference:.3g})",
        highlight=False,
    )
    for name, (recorded, now) in again.differences.items():
        results.print(f"  {name}: recorded {recorded:.6g}, now {now:.6g}", highlight=False)
    if not again.same:
        raise typer.Exit(1)
