"""The command that ranks backbones before anything is trained."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from study.faces.console import results
from study.faces.frames import AsCsv, AsJson, json_rows, show_frame, write_frame
from study.faces.spec_commands import SpecPath
from study.values.problems import InputError

if TYPE_CHECKING:
    import pandas as pd


def rank(
    path: SpecPath,
    directory: Annotated[
        str | None,
        typer.Option("--dir", help="A study's directory: do the scores agree with what tuning found there?"),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Score how well each backbone's features fit each task, on training examples, before anything is trained."""
    if as_json and as_csv:
        raise InputError("--json and --csv: choose one")
    if directory is not None and as_csv:
        raise InputError("--csv and --dir: CSV holds one table, and these are two; choose --json")
    from study.orchestration.agreement import agreement, check_comparable
    from study.orchestration.ranking import rank as rank_backbones
    from study.orchestration.study import Study
    from study.orchestration.validation import checked_spec

    spec = checked_spec(path, root=path.parent)
    study = None if directory is None else Study.open(directory)
    if study is not None:
        check_comparable(spec, study.spec)
    ranking = rank_backbones(spec, root=path.parent)
    agreed = None if study is None else agreement(ranking, study.leaderboard())
    if agreed is not None and as_json:
        both = {"ranking": json_rows(ranking), "agreement": json_rows(agreed)}
        sys.stdout.write(json.dumps(both, indent=2) + "\n")
        return
    if not write_frame(ranking, as_json=as_json, as_csv=as_csv):
        show_frame(ranking.dropna(axis="columns", how="all"))
        if agreed is not None:
            _show_agreement(agreed)


def _show_agreement(agreed: pd.DataFrame) -> None:
    for row in agreed.to_dict(orient="records"):
        results.print(f"{row['task']}: {row['verdict']}", markup=False, highlight=False)
