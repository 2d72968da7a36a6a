"""A study whose database is stopped and started: it waits and goes on, and tells nobody the password."""

import json
import os
import subprocess
import sys
import time
from urllib.parse import quote

import optuna
import pytest
from own_modules import NOISE, ONE_CONVOLUTION
from postgresql import PROGRAMS, postgresql

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL server is installed"),
]

SECRET = "hunter2/?#@é"
MODULE = (
    ONE_CONVOLUTION
    + NOISE
    + """
import time

class Slow(nn.Module):
    def forward(self, inputs):
        if self.training and len(inputs) >= 16:
            time.sleep(0.2)
        return inputs

def net():
    return one_convolution(Slow())
"""
)
SPEC = {
    "name": "restarted",
    "protocols": ["fine_tuning"],
    "backbones": [{"source": "own.py:net", "name": "slow"}],
    "tasks": [{"name": "digit", "data": "own.py:labels", "target": "digit"}],
    "search": {"trials": 4, "space": "own.py:space", "scheduler": {"kind": "none"}},
    "budget": {"epochs": 4},
    "resources": {"max_concurrent_trials": 1},
    "assessment": {"seeds": 1},
}


def begun(folder, spec):
    folder.mkdir()
    (folder / "own.py").write_text(MODULE)
    (folder / "spec.yaml").write_text(json.dumps(spec))
    command = [sys.executable, "-m", "study", "run", str(folder / "spec.yaml"), "--dir", str(folder / "run")]
    with (folder / "output").open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)


def wait_for_epochs(folder, number, process):
    limit = time.monotonic() + 120
    while sum(len(path.read_bytes().splitlines()) for path in folder.rglob("epochs.jsonl")) < number:
        assert time.monotonic() < limit, (folder.parent / "output").read_text()
        assert process.poll() is None, (folder.parent / "output").read_text()
        time.sleep(0.1)


def test_a_study_waits_for_its_database_and_loses_nothing(tmp_path):
    with postgresql(SECRET) as server:
        process = begun(tmp_path / "restarted", {**SPEC, "storage": {"url": server.url}})
        directory = tmp_path / "restarted" / "run"
        for number in (2, 9):
            wait_for_epochs(directory, number, process)
            server.stop()
            time.sleep(5)
            server.start()
        assert process.wait(300) == 0, (tmp_path / "restarted" / "output").read_text()
        one = Study.open(directory)
        records = one._records().read_all(Purpose.SEARCH)
        assert [record.state for record in records] == [TrialState.COMPLETE] * 4
        assert one.status().phase == "done"
        [kept] = optuna.get_all_study_summaries(server.url)
        trials = optuna.load_study(study_name=kept.study_name, storage=server.url).trials
        for trial, record in zip(trials, records, strict=True):
            assert list(trial.intermediate_values.values()) == pytest.approx(record.objectives)
            assert trial.value == pytest.approx(record.objective)
        report = [sys.executable, "-m", "study", "report", str(directory)]
        said = subprocess.run(report, check=True, capture_output=True, text=True, env={**os.environ})
        assert_not_told(tmp_path / "restarted", said.stdout + said.stderr)
    assert "cannot be written" in (tmp_path / "restarted" / "output").read_text(), "it had to wait"


def assert_not_told(folder, *texts):
    written = (folder / "spec.yaml", folder / "run" / "spec.yaml")
    for path in folder.rglob("*"):
        if path.is_file() and path not in written:
            texts += (path.read_bytes().decode("latin-1"),)
    assert len(texts) > 10
    for secret in (SECRET, quote(SECRET, safe=""), "hunter2"):
        assert not [text for text in texts if secret in text]
