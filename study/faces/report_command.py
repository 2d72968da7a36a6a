"""`study report`: what a study found, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from study.faces.console import errors, results
from study.faces.run_commands import Directory


def report(
    directory: Directory,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file; report.html in the study directory where not given."),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option("--tables", help="Folder for the tables, as CSV and Parquet, and for Markdown."),
    ] = None,
    rank: Annotated[
        bool, typer.Option("--rank", help="Score every backbone's features too, as `study rank` does: some minutes.")
    ] = False,
) -> None:
    """Write what a study found as one HTML file, which opens with no network."""
    from study.faces.report.markdown import markdown
    from study.faces.report.page import write_report
    from study.orchestration.findings import write_frames
    from study.orchestration.study import Study

    study = Study.open(directory)
    ranking = study.rank() if rank else None
    findings = study.findings()
    for sentence in findings.damaged:
        remedy = f"`study resume {study.location}` sets the assessment aside and trains it anew"
        errors.print(f"left out: {sentence}; {remedy}", style="red", markup=False, highlight=False, soft_wrap=True)
    written = write_report(study, findings, output or study.directory / "report.html", ranking=ranking)
    results.print(f"written: {written}", highlight=False, markup=False, soft_wrap=True)
    if tables is not None:
        write_frames(findings, tables)
        (tables / "report.md").write_text(markdown(study.spec.name, findings), encoding="utf-8")
        results.print(f"written: {tables}", highlight=False, markup=False, soft_wrap=True)
