"""The report as one self-contained HTML page."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import jinja2
import pandas as pd
import yaml
from plotly.offline import get_plotlyjs

from study.adapters.optuna_search import storage_label
from study.faces.report import tables
from study.faces.report.arm_names import by_tasks, short_names
from study.faces.report.canvas import color
from study.faces.report.figures import figures
from study.orchestration.findings import Findings
from study.orchestration.findings.bearing import mean_drops
from study.orchestration.study import Study
from study.orchestration.text_table import Table, shown
from study.values.spec import StudySpec

_TEMPLATE = "page.html.j2"
_PACKAGES = ("ray", "torch", "torchvision", "optuna", "numpy", "scipy")


def write_report(study: Study, findings: Findings, output: Path, *, ranking: pd.DataFrame | None = None) -> Path:
    """Write the report of a study, finished or running, and return its path.

    Args:
        study: The study.
        findings: What it found.
        output: The file.
        ranking: What `study.rank()` returned, to be shown beside what tuning found.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(render(study, findings, ranking), encoding="utf-8")
    return output


def render(study: Study, findings: Findings, ranking: pd.DataFrame | None = None) -> str:
    """Return the page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("study.faces.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    spec = study.spec
    plots = figures(findings, {task.name: task.metric for task in spec.tasks})
    return environment.get_template(_TEMPLATE).render(
        study=study,
        status=study.status(),
        findings=findings,
        order_dependent=spec.search.sampler.value == "tpe",
        groups=_groups(findings),
        sliced={
            group: [place for place in plots if place.startswith(f"slices/{group}/")]
            for group in _arms_by_tasks(findings)
        },
        pareto_plots=[place for place in plots if place.startswith("pareto/")],
        constants=tables.constants(findings.trials),
        rows={**_tables(findings), **_ranking_tables(study, ranking)},
        plots={place: _in_script(figure.to_json()) for place, figure in plots.items()},
        plotly=get_plotlyjs(),
        spec=_spec_text(spec),
        environment=_environment(),
        written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _spec_text(spec: StudySpec) -> str:
    """Return the spec as YAML, without what is secret in the database's URL."""
    shown = spec.model_dump(mode="json", exclude_defaults=True)
    if spec.storage.url is not None:
        shown["storage"]["url"] = storage_label(spec.storage.url)
    text: str = yaml.safe_dump(shown, sort_keys=False)
    return text


def _tables(findings: Findings) -> Mapping[str, Table]:
    found = {
        "leaderboard": tables.leaderboard_rows(findings),
        "out-of-distribution": tables.out_of_distribution_rows(findings.out_of_distribution),
        "few-shot": tables.few_shot_rows(findings.few_shot),
        "robustness": shown(mean_drops(findings.robustness)),
        "bias": shown(findings.selection_bias),
        "sharing": shown(findings.sharing),
        "leaving_out": shown(findings.leaving_out),
        "affinity": shown(findings.affinity),
        "gaps": shown(findings.gaps),
        "pareto": tables.pareto_rows(findings.pareto),
        "flips": tables.flip_rows(findings.flips),
        "trials": tables.trial_rows(findings.trials),
        "failures": shown(findings.failures),
    }
    if findings.outer is not None:
        found["outer-agreement"] = tables.agreement_rows(findings.outer)
        found["oracle"] = tables.oracle_rows(findings.outer)
    for task, one in findings.tasks.items():
        found[f"standings-{task}"] = tables.standing_rows(one.standings)
        found[f"comparisons-{task}"] = tables.comparison_rows(one.standings)
        found[f"worst-{task}"] = tables.worst_rows(one.worst_classes)
        found[f"calibration-{task}"] = shown(one.calibration)
    for group, arms in _arms_by_tasks(findings).items():
        found[f"depths-{group}"] = tables.depth_rows(findings.depths[findings.depths["arm"].isin(arms)])
    return found


def _arms_by_tasks(findings: Findings) -> Mapping[str, list[str]]:
    return by_tasks(findings.trials["arm"].unique().tolist())


def _groups(findings: Findings) -> Mapping[str, list[tuple[str, str]]]:
    """Return by the tasks that arms are on their names and colours, in the order in which plots have them."""
    return {
        group: [(name, color(number)) for number, name in enumerate(short_names(arms).values())]
        for group, arms in _arms_by_tasks(findings).items()
    }


def _ranking_tables(study: Study, ranking: pd.DataFrame | None) -> Mapping[str, Table]:
    if ranking is None:
        return {}
    agreed = study.agreement(ranking)
    names = {"task": "task", "score": "score", "tau": "Kendall's tau", "compared_with": "split", "verdict": "verdict"}
    return {"ranking": shown(ranking.dropna(axis="columns", how="all")), "agreement": shown(agreed, names)}


def _environment() -> dict[str, str]:
    packages = {name: version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}", **packages}


def _in_script(text: str) -> str:
    """Return JSON so that it cannot end the script element that it stands in."""
    return text.replace("<", "\\u003c")
