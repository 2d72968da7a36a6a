"""Ctrl-C and SIGTERM: what runs finishes its epoch and leaves a checkpoint; the study goes on from there."""

import os
import signal
import subprocess
import sys
import time

import pytest
from own_modules import ONE_CONVOLUTION

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

SPEC = """
name: stopped
backbones: ["slow.py:slow_net"]
tasks: [{name: digit, data: "slow.py:labels", target: digit}]
search: {trials: 2, space: "slow.py:space", scheduler: {kind: none}}
budget: {epochs: 4}
resources: {max_concurrent_trials: 1}
assessment: {seeds: 1}
"""
MODULE = (
    ONE_CONVOLUTION
    + """
import time

HERE = Path(__file__).parent

class Slow(nn.Module):
    def forward(self, inputs):
        if self.training and (HERE / "slowly").exists():
            time.sleep(0.35)
        return inputs

def slow_net():
    return one_convolution(Slow())

def labels():
    generator = np.random.default_rng(0)
    digit = np.arange(120) % 3
    noise = generator.integers(0, 80, (120, 8, 8, 3))
    images = (noise + 60 * digit[:, None, None, None]).astype(np.uint8)
    return images, {"digit": digit}
"""
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "slow.py").write_text(MODULE)
    return tmp_path


def start(folder, name="run"):
    command = [sys.executable, "-m", "study", "run", str(folder / "spec.yaml"), "--dir", str(folder / name)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def records(directory):
    return Study.open(directory)._records().read_all() if (directory / "spec.yaml").exists() else []


def wait_for_epochs(process, directory, number):
    deadline = time.monotonic() + 120
    while sum(len(record.epochs) for record in records(directory)) < number:
        assert process.poll() is None, process.stdout.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def outcome(directory):
    return {
        record.plan.folder: (record.state, [epoch.metrics for epoch in record.epochs], record.test)
        for record in records(directory)
    }


@pytest.mark.ray
def test_a_stopped_study_loses_no_epoch_and_ends_as_an_undisturbed_one(folder, local_ray):
    (folder / "slowly").touch()
    process = start(folder)
    wait_for_epochs(process, folder / "run", 2)
    os.kill(process.pid, signal.SIGTERM)
    output = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 143, output
    assert "stopping after the epoch that runs now" in output
    assert "study resume" in output
    [interrupted] = [r for r in records(folder / "run") if r.state is TrialState.RUNNING]
    assert 2 <= len(interrupted.epochs) < 4
    checkpoint = folder / "run" / interrupted.checkpoint
    assert f'"epoch": {len(interrupted.epochs)}' in (checkpoint / "progress.json").read_text()

    (folder / "slowly").unlink()
    Study.open(folder / "run").resume(quiet=True)
    Study(folder / "spec.yaml", folder / "undisturbed").run(quiet=True)
    for name, expected in outcome(folder / "undisturbed").items():
        state, epochs, test = outcome(folder / "run")[name]
        assert state is expected[0]
        assert [pytest.approx(one, abs=1e-5) for one in expected[1]] == epochs
        assert test == pytest.approx(expected[2], abs=1e-5)


@pytest.mark.slow
@pytest.mark.ray
def test_a_second_signal_stops_at_once_and_the_study_can_be_resumed(folder, local_ray):
    (folder / "slowly").write_text("")
    (folder / "slow.py").write_text(MODULE.replace("0.35", "30"))
    process = start(folder)
    deadline = time.monotonic() + 120
    while not records(folder / "run") and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(3)
    os.kill(process.pid, signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    os.kill(process.pid, signal.SIGINT)
    output = process.communicate(timeout=25)[0].decode()
    assert process.returncode == 130, output
    assert "study resume" in output
    assert "Traceback" not in output
    (folder / "slowly").unlink()
    Study.open(folder / "run").resume(quiet=True)
    assert Study.open(folder / "run").status().phase == "done"
    assert len(Study.open(folder / "run")._records().read_all(Purpose.SEARCH)) == 2
