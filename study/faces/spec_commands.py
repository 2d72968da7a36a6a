"""Commands on specs: begin one, check one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from study.faces.console import results, show_table
from study.values.arm import build_arms
from study.values.problems import InputError
from study.values.spec import StudySpec

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The spec, a YAML file.")]


def init(path: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")]) -> None:
    """Write a commented spec to start from."""
    text = files("study.faces").joinpath("template.yaml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path} exists already; choose another name") from None
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error
    results.print(f"wrote {path}; check it with `study validate {path}`", highlight=False)


def validate(path: SpecPath) -> None:
    """Check a spec whole, with its data, models and search spaces; start nothing."""
    from study.orchestration.validation import checked_spec

    _summarize(checked_spec(path, root=path.parent))


def _summarize(spec: StudySpec) -> None:
    arms = build_arms(spec)
    population = spec.search.population_based_training
    epochs = spec.budget.epochs if population is None else population.interval_epochs
    rows = [(arm.id, spec.search.trials, epochs, spec.assessment.seeds) for arm in arms]
    show_table(("arm", "trials", "epochs", "assessments"), rows)
    searched = _num_searched(spec)
    most = "" if spec.gives_equal_trials else "at most "
    fewer = spec.search.racing or spec.search.screening
    assessed = f"{'at most ' if fewer else ''}{searched * spec.assessment.seeds}"
    results.print(
        f"{spec.name}: {len(arms)} arms, {most}{searched * spec.search.trials} trials, "
        f"{assessed} assessments{_more(spec)}; nothing wrong",
        highlight=False,
    )


def _num_searched(spec: StudySpec) -> int:
    """Return the most arms that have trials: those that screening leaves of each protocol and tasks."""
    arms = build_arms(spec)
    if spec.search.screening is None:
        return len(arms)
    return spec.search.screening.keep * len({(arm.protocol, arm.task_names) for arm in arms})


def _more(spec: StudySpec) -> str:
    """Say how many assessments there are beside those of the arms."""
    if not spec.assessment.leave_one_task_out:
        return ""
    screening = spec.search.screening
    backbones = len(spec.backbones) if screening is None else screening.keep
    number = 2 * spec.assessment.seeds * backbones * len(spec.tasks)
    return f" and up to {number} more to leave one task out"
