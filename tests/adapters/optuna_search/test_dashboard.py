"""optuna-dashboard beside a study that runs: neither stands in the other's way."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from builders import following

from study.values.states import TrialState

NUM_TRIALS = 6
"""An arm."""
ARMS = ["bench/linear_probe/resnet18/a", "bench/linear_probe/resnet18/b"]


def answer(url: str) -> Any:
    with urlopen(url, timeout=60) as response:  # raises on any status but success
        assert response.status == 200
        return json.load(response)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[str]:
    """The address of optuna-dashboard's own server, started as the README says on a storage that is there."""
    port = free_port()
    command = Path(sys.executable).with_name("optuna-dashboard")
    url = f"sqlite:///{tmp_path}/study/optuna.db"
    server = subprocess.Popen(
        [command, url, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        assert server.poll() is None, "optuna-dashboard ended"
        try:
            answer(f"{address}/api/meta")
            break
        except URLError:
            time.sleep(0.2)
    yield address
    server.terminate()
    server.wait(60)


class Visitor(threading.Thread):
    """Someone who looks at every page over and over until told to stop."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._enough = threading.Event()
        self.num_answers = 0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            while not self._enough.is_set():
                for shown in answer(f"{self._address}/api/studies")["study_summaries"]:
                    answer(f"{self._address}/api/studies/{shown['study_id']}")
                    self.num_answers += 1
        except Exception as error:
            self.error = error

    def wait_for(self, num_answers: int) -> None:
        """Let the visitor see as many pages, whatever else the machine does."""
        limit = time.monotonic() + 120
        while self.num_answers < num_answers and self.error is None and time.monotonic() < limit:
            time.sleep(0.01)

    def leave(self) -> None:
        self._enough.set()
        self.join(120)
        assert not self.is_alive()


def trials_shown(address: str) -> dict[str, dict[int, str]]:
    """Return the state of each trial by number, by study name."""
    studies = answer(f"{address}/api/studies")["study_summaries"]
    return {
        one["study_name"]: {
            trial["number"]: trial["state"] for trial in answer(f"{address}/api/studies/{one['study_id']}")["trials"]
        }
        for one in studies
    }


def test_a_running_study_writes_on_while_the_dashboard_is_looked_at(bench, trained, request) -> None:
    spec = bench.spec(
        tasks=[{"name": "a", "data": "digits"}, {"name": "b", "data": "digits"}], search={"trials": NUM_TRIALS}
    )
    source = bench.source(spec)
    first = following(source)
    address = request.getfixturevalue("dashboard")  # opens the storage that is there now
    visitors = [Visitor(address) for _ in range(2)]
    for visitor in visitors:
        visitor.start()

    record, num_written = first, 0
    while record is not None:
        done = trained(record, 0.1, 0.2, record.plan.number / 100)
        for epoch in done.epochs:
            source.report(done.plan, epoch)
        state = TrialState.PRUNED if done.plan.number % 3 == 1 else TrialState.COMPLETE
        source.finish(done.ended(state, at=time.time()))
        num_written += 1
        for visitor in visitors:
            visitor.wait_for(num_written)
        record = following(source)
    for visitor in visitors:
        visitor.leave()

    assert num_written == NUM_TRIALS * 2
    for visitor in visitors:
        assert visitor.error is None
        assert visitor.num_answers >= num_written
    shown = trials_shown(address)
    for _ in range(60):  # the dashboard itself looks again only every few seconds
        if all(len(trials) == NUM_TRIALS and "Running" not in trials.values() for trials in shown.values()):
            break
        time.sleep(1)
        shown = trials_shown(address)
    assert {name: len(trials) for name, trials in shown.items()} == dict.fromkeys(ARMS, NUM_TRIALS)
    assert {state for trials in shown.values() for state in trials.values()} == {"Complete", "Pruned"}
