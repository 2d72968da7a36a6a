"""Write study.json, the Grafana dashboard of a study's custom metrics: run this file to write it anew.

Names of metrics come from the code that sets them; PromQL and layout stand here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from study.adapters.ray_metrics.names import (
    BEST_OBJECTIVE,
    CACHE_BYTES,
    CACHE_HITS,
    CACHE_MISSES,
    EPOCHS,
    FAILED_TRIALS,
    SAMPLES,
    TRIALS,
    CustomMetric,
)

FILE = Path(__file__).with_name("study.json")
UID = "study"
"""What RAY_GRAFANA_DATA_DASHBOARD_UID is set to."""
_SCHEMA_VERSION = 38
"""Of Grafana 10; later ones migrate it."""
_COLUMNS, _HEIGHT = 24, 8
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_FILTER = '{SessionName=~"$SessionName", study=~"$study", arm=~"$arm"}'


def gauge(metric: CustomMetric) -> str:
    """Select a driver's gauge. While a resumed study's driver takes over, the old one's series is still there."""
    return f"max by ({', '.join(metric.labels)}) ({metric.exported}{_FILTER})"


def total(metric: CustomMetric, *by: str) -> str:
    """Sum a counter over the workers, which each have their own series."""
    return f"sum by ({', '.join(by)}) ({metric.exported}{_FILTER})"


def rate(metric: CustomMetric, *by: str) -> str:
    """Sum a counter's growth a second over the workers."""
    return f"sum by ({', '.join(by)}) (rate({metric.exported}{_FILTER}[$__rate_interval]))"


def panel(title: str, description: str, targets: dict[str, str], *, kind: str = "timeseries", **options: Any) -> Any:
    """Describe a panel.

    Args:
        title: Its heading.
        description: What it shows, in a sentence.
        targets: PromQL by legend.
        kind: Grafana's type of panel.
        options: `unit` (Grafana's id of it), `stack` (areas one on another), `instant` (the last value only).
    """
    unit, stack, instant = options.get("unit", "short"), options.get("stack", False), options.get("instant", False)
    custom = {"fillOpacity": 30, "stacking": {"mode": "normal", "group": "A"}} if stack else {}
    return {
        "title": title,
        "description": description,
        "type": kind,
        "datasource": _DATASOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "custom": custom, "min": 0}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _DATASOURCE,
                "expr": expression,
                "legendFormat": legend,
                "instant": instant,
                "range": not instant,
            }
            for number, (legend, expression) in enumerate(targets.items())
        ],
    }


def panels() -> list[Any]:
    """Return every panel, two in a row, in reading order."""
    listed = [
        panel(
            "Trials by state",
            TRIALS.help,
            {"{{state}}": f"sum by (state) ({gauge(TRIALS)})"},
            stack=True,
        ),
        panel(
            "Trials by arm and state, now",
            TRIALS.help,
            {"{{arm}} {{purpose}} {{state}}": gauge(TRIALS)},
            kind="bargauge",
            instant=True,
        ),
        panel("Best objective by arm", BEST_OBJECTIVE.help, {"{{arm}} ({{metric}})": gauge(BEST_OBJECTIVE)}),
        panel(
            "Failed trials by reason",
            FAILED_TRIALS.help,
            {"{{reason}}": f"sum by (reason) ({gauge(FAILED_TRIALS)})"},
            stack=True,
        ),
        panel("Epochs a second by arm", EPOCHS.help, {"{{arm}}": rate(EPOCHS, "arm")}, stack=True),
        panel("Samples a second by arm", SAMPLES.help, {"{{arm}}": rate(SAMPLES, "arm")}, stack=True),
        panel("Samples a second by node", SAMPLES.help, {"{{NodeAddress}}": rate(SAMPLES, "NodeAddress")}, stack=True),
        panel(
            "Feature cache: entries found and computed",
            f"{CACHE_HITS.help} {CACHE_MISSES.help}",
            {"{{arm}} hits": total(CACHE_HITS, "arm"), "{{arm}} misses": total(CACHE_MISSES, "arm")},
        ),
        panel(
            "Feature cache: bytes found and computed",
            CACHE_BYTES.help,
            {"{{NodeAddress}} {{use}}": total(CACHE_BYTES, "NodeAddress", "use")},
            unit="bytes",
        ),
    ]
    width = _COLUMNS // 2
    for number, one in enumerate(listed):
        one["id"] = number + 1
        one["gridPos"] = {"x": number % 2 * width, "y": number // 2 * _HEIGHT, "w": width, "h": _HEIGHT}
    return listed


def variable(name: str, label: str, query: str) -> Any:
    """Describe a choice at the top of the dashboard, filled from Prometheus; all values are chosen at first."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def dashboard() -> Any:
    """Return the dashboard, with the variables that Ray's Metrics page sets (`datasource`, `SessionName`)."""
    name = TRIALS.exported
    return {
        "uid": UID,
        "title": "Study",
        "description": "Trials, best metrics, throughput and feature cache of pretrained-model studies on Ray.",
        "tags": ["ray", "study"],
        "schemaVersion": _SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "10s",
        "templating": {
            "list": [
                {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
                variable("SessionName", "Ray session", f"label_values({name}, SessionName)"),
                variable("study", "Study", f'label_values({name}{{SessionName=~"$SessionName"}}, study)'),
                variable("arm", "Arm", f'label_values({name}{{study=~"$study"}}, arm)'),
            ]
        },
        "annotations": {"list": []},
        "panels": panels(),
    }


def text() -> str:
    """Return the dashboard as it stands in the file."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
