"""Ray's memory monitor kills workers: what fits in parts trains in parts, what does not fails alone with the reason."""

import sys
from pathlib import Path

import pytest
from apart import run_apart
from own_modules import NOISE, ONE_CONVOLUTION
from small_disk import needs_mount

from study.orchestration.study import Study
from study.trial.trial import Trial
from study.values.plan import Purpose
from study.values.states import TrialState

CONTAINED = Path(__file__).parent / "contained.py"
LIMIT_GIB, THRESHOLD = 4, 0.75
"""Of which a study takes 1.4 GiB; that of the machine plays no part."""
MODULE = (
    ONE_CONVOLUTION
    + NOISE
    + f"""
import time

HERE = Path(__file__).parent

class Hungry(nn.Module):
    def forward(self, inputs):
        if self.training and len(inputs) >= 32 and (HERE / "hungry").exists():
            held = []
            for _ in range({LIMIT_GIB} * 16):
                held.append(np.ones(2**26, np.uint8))
                time.sleep(0.05)
            time.sleep(60)
            raise AssertionError("the memory monitor did not kill this process")
        return inputs

def net():
    return one_convolution(Hungry())

def space_of_batches(trial, arm):
    return {{**space(trial, arm), "batch_size": (16, 32, 64, 16)[trial.number % 4]}}
"""
)
SPEC = """
name: hungry
protocols: [fine_tuning]
backbones: ["own.py:net"]
tasks: [{name: digit, data: "own.py:labels", target: digit}]
search: {trials: 4, sampler: random, space: "own.py:space_of_batches", scheduler: {kind: none}}
budget: {epochs: 2}
resources: {max_concurrent_trials: 1, max_failures: 1}
assessment: {seeds: 1}
"""


@pytest.mark.slow
@needs_mount
def test_a_trial_whose_worker_is_killed_for_its_memory_trains_in_parts_or_fails_alone(tmp_path):
    (tmp_path / "hungry").touch()
    run = [sys.executable, "-W", "ignore", "-m", "study", "run", str(tmp_path / "spec.yaml")]
    contained = ["unshare", "--mount", sys.executable, str(CONTAINED), str(LIMIT_GIB * 2**30)]
    monitored = {"RAY_memory_usage_threshold": str(THRESHOLD), "RAY_memory_monitor_refresh_ms": "100"}
    command = [*contained, *run, "--dir", str(tmp_path / "run")]
    run_apart(command, tmp_path, module=MODULE, spec=SPEC, environment=monitored)

    (tmp_path / "hungry").unlink()
    records = Study.open(tmp_path / "run")._records().read_all(Purpose.SEARCH)
    complete = TrialState.COMPLETE
    ends = {record.plan.hyperparameters.batch_size: (record.state, record.plan.micro_batches) for record in records}
    assert ends == {16: (complete, 1), 32: (complete, 2), 64: (TrialState.FAILED, 2)}
    for record in records:
        if record.state is complete:
            undisturbed = Trial(record.plan.model_copy(update={"micro_batches": 1}))
            assert record.objectives == pytest.approx([each.objective for each in undisturbed.epochs()], abs=1e-4)
    whole, in_parts, failed, _ = sorted(records, key=lambda record: record.plan.number)
    assert "memory" not in whole.epochs[0].notes
    assert in_parts.epochs[0].notes["memory"].startswith("did not hold a whole batch: each is computed in 2 parts")
    assert "running low on memory" in failed.reason
    [assessed] = Study.open(tmp_path / "run")._records().read_all(Purpose.ASSESSMENT)
    assert assessed.state is complete
