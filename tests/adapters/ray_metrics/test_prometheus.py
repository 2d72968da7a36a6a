"""A real Prometheus, with the configuration that ships, scrapes a study on a Ray cluster with token authentication.

Ray's dashboard, asked over HTTP, names the study's actors and shows their logs.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml

from study.adapters.ray_metrics.names import (
    BEST_OBJECTIVE,
    CACHE_BYTES,
    CACHE_HITS,
    CACHE_MISSES,
    CUSTOM_METRICS,
    EPOCHS,
    FAILED_TRIALS,
    SAMPLES,
    TRIALS,
    CustomMetric,
    Kind,
)
from study.adapters.ray_metrics.reasons import failure_kind
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
TOKEN = "0123456789abcdef" * 4
PATIENCE_S = 400
SPACE = '''

def frozen_sometimes_diverging(trial, arm):
    """Two stages are frozen, so that features are cached; the last configuration of four fails."""
    values = sometimes_diverges(trial, arm)
    rate = 1e30 if trial.number == 3 else 1e-2
    return {**values, "freezing_depth": 2, "backbone_learning_rate": 1e-3, "head_learning_rate": rate}
'''


SPEC = """
name: watched
backbones: ["parts.py:small_net"]
tasks:
  - {name: digit, data: "parts.py:two_labels", target: digit}
  - {name: odd, data: "parts.py:two_labels", target: odd, metric: accuracy}
search: {trials: 4, space: "parts.py:frozen_sometimes_diverging", scheduler: {kind: none}}
budget: {epochs: 5}
assessment: {seeds: 1}
resources: {cache_dir: CACHE}
"""


class Monitored:
    """A study under way, its Ray's dashboard and its Prometheus."""

    def __init__(self, folder: Path, ray_folder: Path) -> None:
        self.folder, self.ray_folder = folder, ray_folder
        self.session = ray_folder / "session_latest"
        self.prometheus, self.dashboard = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.address = f"127.0.0.1:{free_port()}"
        self.environment = {
            **os.environ,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_PROMETHEUS_HOST": self.prometheus,
            "RAY_GRAFANA_DATA_DASHBOARD_UID": "study",
        }
        self._processes: list[subprocess.Popen] = []
        self.actors: dict[str, dict] = {}
        self.titles: set[str] = set()
        self._is_ours: dict[int, bool] = {}
        try:
            self._start_ray()
            self._start_prometheus()
            self._watch(self._start_study())
            self.seen_until = time.time()
            self.metadata = self.ask("metadata")
        except BaseException:
            self.close()
            raise

    def _start(self, name: str, *command: str) -> subprocess.Popen:
        with (self.folder / f"{name}.txt").open("w") as output:
            one = subprocess.Popen(command, env=self.environment, stdout=output, stderr=subprocess.STDOUT)
        self._processes.append(one)
        return one

    def _start_ray(self) -> None:
        ray = str(Path(sys.executable).with_name("ray"))
        host, port = self.address.split(":")
        options = {
            "node-ip-address": host,
            "port": port,
            "dashboard-port": self.dashboard.rsplit(":", 1)[1],
            # Its default is fixed: beside another Ray on the machine the agent could not show logs.
            "dashboard-agent-listen-port": str(free_port()),
            "num-cpus": "2",
            "temp-dir": str(self.ray_folder),
            "system-config": json.dumps({"metrics_report_interval_ms": 1000}),
        }
        self._start("ray", ray, "start", "--head", "--block", *(f"--{name}={value}" for name, value in options.items()))
        wait_for(lambda: (self.session / "prom_metrics_service_discovery.json").exists(), "ray")
        wait_for(lambda: self.seen_by_dashboard("/logical/actors"), "the dashboard")

    def _start_study(self) -> subprocess.Popen:
        (self.folder / "parts.py").write_text((ROOT / "tests/own/parts.py").read_text() + SPACE)
        spec = self.folder / "spec.yaml"
        spec.write_text(SPEC.replace("CACHE", str(self.folder / "cache")))
        run = ("run", str(spec), "--dir", str(self.folder / "run"), "--address", self.address)
        return self._start("study", sys.executable, "-m", "study", *run)

    def _start_prometheus(self) -> None:
        text = (ROOT / "scripts/cluster/prometheus.yaml").read_text()
        configuration = yaml.safe_load(text.replace("/tmp/ray/session_latest", str(self.session)))
        configuration["global"]["scrape_interval"] = "1s"
        configuration["scrape_configs"][0]["file_sd_configs"][0]["refresh_interval"] = "1s"
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
        self._start(
            "prometheus",
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self.folder / 'tsdb'}",
            f"--web.listen-address={self.prometheus.removeprefix('http://')}",
        )

    def _watch(self, study: subprocess.Popen) -> None:
        """Look at the actors, as the dashboard shows them, until the study is done."""
        looked_at = 0.0
        deadline = time.monotonic() + PATIENCE_S
        while study.poll() is None and time.monotonic() < deadline:
            if time.monotonic() - looked_at > 1:
                self.actors.update(json.loads(self.seen_by_dashboard("/logical/actors"))["data"]["actors"])
                looked_at = time.monotonic()
            self._note_titles()
            time.sleep(0.005)  # an epoch takes little longer
        assert study.returncode == 0, (self.folder / "study.txt").read_text()[-4000:]

    def _note_titles(self) -> None:
        """Note what the workers of this Ray are called now."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid not in self._is_ours:
                    parent = process.parent()
                    self._is_ours[process.pid] = parent is not None and any(
                        str(self.ray_folder) in part for part in parent.cmdline()
                    )
                if self._is_ours[process.pid]:
                    self.titles.add(" ".join(process.cmdline()).strip())

    def seen_by_dashboard(self, path: str, *, token: str | None = TOKEN) -> str:
        return get(self.dashboard + path, {"Authorization": f"Bearer {token}"} if token else {})

    def ask(self, path: str, **parameters: str):
        answer = json.loads(get(f"{self.prometheus}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        assert answer["status"] == "success"
        return answer["data"]

    def values(self, metric: CustomMetric) -> dict[tuple[str, ...], float]:
        """Return the metric at its last, summed over workers, by the values of our labels; zeros left out."""
        labels = metric.labels
        # The study is over: its gauges are history.
        now = f"last_over_time({metric.exported}[1h])" if metric.kind is Kind.GAUGE else metric.exported
        found = self.ask("query", query=f"sum by ({', '.join(labels)}) ({now})")["result"]
        values = {tuple(one["metric"][label] for label in labels): float(one["value"][1]) for one in found}
        return {key: value for key, value in values.items() if value}

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
            process.wait(timeout=PATIENCE_S)


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if condition():
                return
        time.sleep(0.5)
    pytest.fail(f"{what} did not come up in {PATIENCE_S} s")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def get(url: str, headers: dict[str, str] | None = None) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=120) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def monitored(tmp_path_factory):
    ray_folder = Path(tempfile.mkdtemp(prefix="ray"))  # short: sockets lie in it
    one = Monitored(tmp_path_factory.mktemp("monitored"), ray_folder)
    yield one
    one.close()
    shutil.rmtree(ray_folder, ignore_errors=True)


@pytest.fixture(scope="module")
def ran(monitored):
    return Study.open(monitored.folder / "run")


@pytest.fixture(scope="module")
def records(ran):
    return ran._records().read_all()


def labels(record):
    return ("watched", record.plan.arm.id, record.plan.purpose.value)


def agrees(monitored, metric, expected):
    """Wait until Prometheus has seen the last value, which workers report a second after they counted."""
    expected = {key: value for key, value in expected.items() if value}
    assert expected, f"the study has nothing for {metric.name}"
    deadline = time.monotonic() + 60
    while monitored.values(metric) != pytest.approx(expected) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert monitored.values(metric) == pytest.approx(expected)


def test_trials_by_state_and_arm(monitored, records):
    agrees(monitored, TRIALS, Counter((*labels(record), record.state.value) for record in records))


def test_the_best_objective_of_each_arm(monitored, ran):
    expected = {
        ("watched", arm.id, arm.tasks[0].metric): ran.best(arm.id).objective for arm in ran.arms if ran.best(arm.id)
    }
    agrees(monitored, BEST_OBJECTIVE, expected)


def test_failures_by_reason(monitored, records):
    failed = [record for record in records if record.state is TrialState.FAILED]
    assert len(failed) == 2
    agrees(monitored, FAILED_TRIALS, Counter((*labels(record), failure_kind(record.reason)) for record in failed))


def test_epochs_and_samples(monitored, records):
    epochs, samples = Counter(), Counter()
    for record in records:
        epochs[labels(record)] += len(record.epochs)
        samples[labels(record)] += sum(epoch.num_samples for epoch in record.epochs)
    agrees(monitored, EPOCHS, epochs)
    agrees(monitored, SAMPLES, samples)


def test_the_feature_cache(monitored, records):
    hits, misses, sizes = Counter(), Counter(), Counter()
    for record in records:
        if record.epochs:
            used = record.epochs[0].features
            hits[labels(record)] += used.hits
            misses[labels(record)] += used.misses
            sizes[(*labels(record), "hit")] += used.hit_bytes
            sizes[(*labels(record), "miss")] += used.miss_bytes
    assert misses.total() == 1, "both arms have the same images and cut the backbone at the same depth"
    agrees(monitored, CACHE_HITS, hits)
    agrees(monitored, CACHE_MISSES, misses)
    agrees(monitored, CACHE_BYTES, sizes)


def test_prometheus_knows_type_and_help_of_each(monitored):
    for metric in CUSTOM_METRICS:
        # OpenMetrics: the suffix is the sample's, not the metric's.
        [facts] = monitored.metadata[metric.exported.removesuffix("_total")]
        assert (facts["type"], facts["help"]) == (metric.kind.value, metric.help)


def test_every_query_of_the_grafana_dashboard_has_an_answer(monitored):
    dashboard = json.loads((ROOT / "scripts/cluster/grafana/study.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    for expression in expressions:
        query = re.sub(r"\$(SessionName|study|arm)\b", ".*", expression).replace("$__rate_interval", "5m")
        assert "$" not in query
        assert monitored.ask("query", query=query, time=str(monitored.seen_until))["result"], query
    for variable in dashboard["templating"]["list"][1:]:
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["definition"]).groups()
        matching = re.sub(r"\$\w+", ".*", selector)
        assert monitored.ask(f"label/{label}/values", **{"match[]": matching}), variable["name"]


def test_ray_finds_prometheus_and_embeds_the_dashboard_in_the_place_of_the_one_for_ray_data(monitored):
    assert json.loads(monitored.seen_by_dashboard("/api/prometheus_health"))["result"] is True
    with pytest.raises(urllib.error.HTTPError, match="401"):
        monitored.seen_by_dashboard("/logical/actors", token=None)
    written = monitored.session / "metrics/grafana/dashboards/data_grafana_dashboard.json"
    shipped = json.loads((ROOT / "scripts/cluster/grafana/study.json").read_text())
    assert json.loads(written.read_text())["uid"] == shipped["uid"]


def test_actors_are_named_by_the_trial_they_began_with(monitored, records):
    names = {f"StudyTrial(watched, first trial {record.plan.arm.id} {record.plan.id})" for record in records}
    actors = [actor for actor in monitored.actors.values() if actor["actorClass"] == "StudyTrial"]
    assert actors
    assert {actor["reprName"] for actor in actors if actor["reprName"]} <= names
    assert any(actor["reprName"] for actor in actors)


def test_processes_are_named_by_the_trial_they_train_now(monitored, records):
    trials = {f"ray::StudyTrial {record.plan.arm.id} {record.plan.id}" for record in records}
    assert len(monitored.titles & trials) > 1, monitored.titles


def test_the_log_of_an_actor_names_the_trial_on_every_line(monitored, records):
    searched = [record for record in records if record.plan.purpose is Purpose.SEARCH]
    logged = [
        line
        for actor, facts in monitored.actors.items()
        if facts["pid"]
        for line in monitored.seen_by_dashboard(f"/api/v0/logs/file?actor_id={actor}&suffix=out&lines=-1").splitlines()
    ]
    for record in searched:
        name = f"{record.plan.arm.id} {record.plan.id}"
        assert f":actor_name:{name}" in logged
        mine = [line.split(f"{name}: ", 1)[1] for line in logged if f" {name}: " in line]
        assert mine[0].startswith("begins: 5 epochs")
        assert f"freezing_depth={record.plan.hyperparameters.freezing_depth}" in mine[1]
        assert len([line for line in mine if line.startswith("epoch ")]) == len(record.epochs)
        assert any(line.startswith("failed: ") for line in mine) == (record.state is TrialState.FAILED)
