"""The Grafana dashboard that ships, against the metrics that the code defines; needs neither Ray nor Grafana."""

import json
import re
import runpy
from pathlib import Path

import pytest
import yaml

from study.adapters.ray_metrics.names import CUSTOM_METRICS, PREFIX, Kind

CLUSTER = Path(__file__).parents[3] / "scripts/cluster"
DASHBOARD = json.loads((CLUSTER / "grafana/study.json").read_text())
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel["targets"]]
VARIABLES = DASHBOARD["templating"]["list"]


def metric_names(promql: str) -> set[str]:
    return set(re.findall(rf"\bray_{PREFIX}\w+", promql))


def test_the_file_is_what_the_script_beside_it_writes():
    assert (
        runpy.run_path(str(CLUSTER / "grafana/write_dashboard.py"))["text"]()
        == (CLUSTER / "grafana/study.json").read_text()
    ), "run scripts/cluster/grafana/write_dashboard.py"


def test_it_shows_every_metric_and_no_other():
    shown = set().union(*(metric_names(target["expr"]) for target in TARGETS))
    asked = set().union(*(metric_names(variable.get("definition", "")) for variable in VARIABLES))
    assert shown == {metric.exported for metric in CUSTOM_METRICS}
    assert asked <= shown


def test_every_query_names_a_metric_and_heeds_every_choice():
    for target in TARGETS:
        assert metric_names(target["expr"])
        for variable in VARIABLES[1:]:
            assert f'{variable["name"]}=~"${variable["name"]}"' in target["expr"]


def test_labels_in_queries_and_legends_are_the_metrics_own():
    by_name = {metric.exported: metric for metric in CUSTOM_METRICS}
    from_ray = {"NodeAddress", "SessionName"}
    for target in TARGETS:
        [name] = metric_names(target["expr"])
        known = {*by_name[name].labels, *from_ray}
        grouped = {
            label for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in re.findall(r"\w+", group)
        }
        assert grouped <= known
        outermost = re.match(r"\w+ by \(([^)]*)\)", target["expr"]).group(1)
        assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= set(re.findall(r"\w+", outermost))


def test_only_counters_are_turned_into_rates():
    counters = {metric.exported for metric in CUSTOM_METRICS if metric.kind is Kind.COUNTER}
    for target in TARGETS:
        if "rate(" in target["expr"]:
            assert metric_names(target["expr"]) <= counters


def test_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("metric", CUSTOM_METRICS, ids=lambda metric: metric.name)
def test_metrics_are_documented(metric):
    assert metric.name.startswith(PREFIX)
    assert f"| `{metric.exported}` |" in (CLUSTER.parents[1] / "docs/monitoring.md").read_text()


def test_prometheus_is_told_where_ray_lists_its_ports():
    [job] = yaml.safe_load((CLUSTER / "prometheus.yaml").read_text())["scrape_configs"]
    [files] = job["file_sd_configs"]
    assert files["files"] == ["/tmp/ray/session_latest/prom_metrics_service_discovery.json"]
