"""What a person sees of a running study in the Ray dashboard and in TensorBoard, in a real browser."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from cluster_process import free_port
from pages import Page, browser
from ray._private.authentication.authentication_constants import AUTHENTICATION_TOKEN_COOKIE_NAME
from running_cluster import study

pytestmark = pytest.mark.slow


@contextmanager
def tensorboard(directory: Path, log: Path) -> Iterator[str]:
    """Serve a study directory with a real TensorBoard."""
    port = free_port()
    words = ["--logdir", str(directory), "--port", str(port), "--reload_interval", "1", "--load_fast", "false"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", *words], stdout=output, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if len(requests.get(f"{address}/data/runs", timeout=20).json()) > 1:
                    break
            except (requests.ConnectionError, requests.Timeout):
                pass
            time.sleep(1)
        yield address
    finally:
        process.kill()
        process.wait()


def wait_for(path: Path, pattern: str) -> None:
    deadline = time.monotonic() + 300
    while not any(path.glob(pattern)):
        assert time.monotonic() < deadline, f"nothing like {pattern} came to be in {path}"
        time.sleep(0.5)


def see_dashboard(page: Page, address: str, token: str, job: str) -> None:
    page.cookie(address, AUTHENTICATION_TOKEN_COOKIE_NAME, token)
    page.open(f"{address}/#/jobs")
    page.shows(job, "RUNNING")
    page.keep("dashboard-jobs")
    page.open(f"{address}/#/actors")
    page.shows("StudyTrial(travelling, first trial fine_tuning/small_net/digit 00000)")
    page.keep("dashboard-actors")


def see_tensorboard(page: Page, address: str) -> None:
    page.open(f"{address}/?tagFilter=digit%2Fbalanced_accuracy#timeseries")
    # The page breaks a tag at its last slash.
    page.shows("gap/digit", "validation/digit", "/balanced_accuracy", "trials/fine_tuning/small_net/digit/00000")
    page.keep("tensorboard-scalars")
    page.open(f"{address}/#hparams")
    page.shows("Hyperparameters", "head_learning_rate", "freezing_depth", "fine_tuning/small_net/digit/00000")
    page.keep("tensorboard-hparams")


def test_a_running_study_is_seen_in_the_dashboard_and_in_tensorboard(cluster, folder, tmp_path):
    # Long enough to be looked at while it runs.
    (folder / "my.yaml").write_text((folder / "my.yaml").read_text().replace("epochs: 2", "epochs: 400"))
    env, directory = cluster.environment(), tmp_path / "run"
    done = study("submit", folder / "my.yaml", "--dir", directory, "--address", cluster.dashboard, env=env)
    assert done.returncode == 0, done.stderr
    job = done.stdout.split()[1]
    try:
        wait_for(directory, "trials/*/*/*/*/epochs.jsonl")
        with browser(tmp_path / "profile") as page:
            see_dashboard(page, cluster.dashboard, cluster.token, job)
            with tensorboard(directory, tmp_path / "tensorboard.log") as address:
                see_tensorboard(page, address)
    finally:
        subprocess.run(
            [sys.executable, "-m", "ray.scripts.scripts", "job", "stop", job, "--address", cluster.dashboard],
            env={**env, "RAY_AUTH_MODE": "token"},
            capture_output=True,
            timeout=120,
        )
