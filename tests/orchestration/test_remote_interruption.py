"""The driver of a study at a URL dies; another machine goes on: nothing that reached the URL is lost or run twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"
SPEC = """
name: killed
protocols: [fine_tuning]
backbones: ["parts.py:small_net"]
tasks: [{name: digit, data: "parts.py:two_labels", target: digit}]
search: {trials: 6, startup_trials: 3, space: "parts.py:narrow", scheduler: {kind: none}}
budget: {epochs: 100}
resources: {max_concurrent_trials: 1}
assessment: {seeds: 2}
"""


def start(spec, url):
    command = [sys.executable, "-m", "study", "run", str(spec), "--dir", url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def records(url):
    return {record.plan.folder: record for record in Study.open(url)._records().read_all()}


def finished(url):
    return {folder: record for folder, record in records(url).items() if record.state is not TrialState.RUNNING}


@pytest.mark.slow
def test_another_machine_goes_on_with_a_killed_study(s3, tmp_path, monkeypatch):
    url = s3.url("runs/killed")
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    (tmp_path / "parts.py").write_text((OWN / "parts.py").read_text())

    monkeypatch.setenv("STUDY_CACHE_DIR", str(tmp_path / "first"))
    process = start(spec, url)
    monkeypatch.setenv("STUDY_CACHE_DIR", str(tmp_path / "watching"))
    try:
        deadline = time.monotonic() + 500
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.5)
            if "spec.yaml" in s3.names("runs/killed") and len(finished(url)) >= 2:
                break
        assert process.poll() is None, process.communicate()[0].decode()
        assert Study.open(url).status().running
        with pytest.raises(InputError, match=rf"in use: another process runs this study \(.*, process {process.pid}\)"):
            Study(spec, url).run(quiet=True)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    before = finished(url)
    assert len(before) >= 2

    monkeypatch.setenv("STUDY_CACHE_DIR", str(tmp_path / "second"))
    again = start(spec, url)
    output = again.communicate()[0].decode()
    assert again.returncode == 0, output
    monkeypatch.setenv("STUDY_CACHE_DIR", str(tmp_path / "third"))
    after = finished(url)
    assert before.items() <= after.items()
    assert after == records(url)
    numbers = [r.plan.number for r in Study.open(url)._records().read_all(Purpose.SEARCH)]
    assert numbers == list(range(6))
    status = Study.open(url).status()
    assert (status.phase, status.running) == ("done", False)
