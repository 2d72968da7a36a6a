"""The process dies; the study goes on: nothing finished is run twice, nothing finished is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"
SPEC = """
name: killed
protocols: [fine_tuning]
backbones: ["parts.py:small_net"]
tasks: [{name: digit, data: "parts.py:two_labels", target: digit}]
search:
  {trials: 6, startup_trials: 3, space: "parts.py:narrow", outer: 0.2, scheduler: {kind: asha, reduction_factor: 2}}
budget: {epochs: 6}
resources: {max_concurrent_trials: 1}
assessment: {seeds: 2}
"""


def finished(directory):
    return {
        record.plan.folder: record
        for record in Study.open(directory)._records().read_all()
        if record.state is not TrialState.RUNNING
    }


def start(spec, directory):
    command = [sys.executable, "-m", "study", "run", str(spec), "--dir", str(directory)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def outcome(records):
    return {
        folder: (record.state, record.plan.hyperparameters, [epoch.objective for epoch in record.epochs], record.outer)
        for folder, record in records.items()
    }


@pytest.mark.slow
def test_a_killed_study_goes_on_where_it_stopped(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    (tmp_path / "parts.py").write_text((OWN / "parts.py").read_text())

    undisturbed = start(spec, tmp_path / "undisturbed")
    output = undisturbed.communicate()[0].decode()
    assert undisturbed.returncode == 0, output

    before = {}
    for wanted in (2,):
        process = start(spec, tmp_path / "killed")
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.2)
            if (tmp_path / "killed" / "spec.yaml").exists() and len(finished(tmp_path / "killed")) >= wanted:
                break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        now = finished(tmp_path / "killed")
        assert len(now) >= wanted
        assert before.items() <= now.items()
        before = now

    last = start(spec, tmp_path / "killed")
    output = last.communicate()[0].decode()
    assert last.returncode == 0, output
    after = finished(tmp_path / "killed")
    assert before.items() <= after.items()
    assert outcome(after) == outcome(finished(tmp_path / "undisturbed"))
    numbers = [r.plan.number for r in Study.open(tmp_path / "killed")._records().read_all(Purpose.SEARCH)]
    assert numbers == list(range(6))
