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

from study.faces.report import tables
from study.faces.report.figures import figures
from study.orchestration.findings import Findings
from study.orchestration.findings.bearing import mean_drops
from study.orchestration.study import Study
from study.orchestration.text_table import Table, shown

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
        rows={**_tables(findings), **_ranking_tables(study, ranking)},
        plots={place: _in_script(figure.to_json()) for place, figure in plots.items()},
        plotly=get_plotlyjs(),
        spec=yaml.safe_dump(spec.model_dump(mode="json", exclude_defaults=True), sort_keys=False),
        environment=_environment(),
        written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _tables(findings: Findings) -> Mapping[str, Table]:
    found = {
        "leaderboard": tables.leaderboard_rows(findings),
        "robustness": shown(mean_drops(findings.robustness)),
        "bias": shown(findings.selection_bias),
        "sharing": shown(findings.sharing),
        "leaving_out": shown(findings.leaving_out),
        "affinity": shown(findings.affinity),
        "gaps": shown(findings.gaps),
        "flips": shown(findings.flips),
        "trials": shown(findings.trials.drop(columns=["reason"])),
        "failures": shown(findings.failures),
    }
    for task, one in findings.tasks.items():
        found[f"standings-{task}"] = tables.standing_rows(one.standings)
        found[f"comparisons-{task}"] = tables.comparison_rows(one.standings)
        found[f"calibration-{task}"] = shown(one.calibration)
    return found


def _ranking_tables(study: Study, ranking: pd.DataFrame | None) -> Mapping[str, Table]:
    if ranking is None:
        return {}
    agreed = study.agreement(ranking)
    names = {"task": "task", "score": "score", "tau": "Kendall's tau", "compared_with": "split", "verdict": "verdict"}
    return {"ranking": shown(ranking), "agreement": shown(agreed, names)}


def _environment() -> dict[str, str]:
    packages = {name: version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}", **packages}


def _in_script(text: str) -> str:
    """Return JSON so that it cannot end the script element that it stands in."""
    return text.replace("<", "\\u003c")
