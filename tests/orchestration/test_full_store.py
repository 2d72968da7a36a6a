"""Ray's object store and the disk it spills to are full: a study needs neither, and what does fails alone."""

import sys
from pathlib import Path

import pytest
from apart import run_apart
from own_modules import NOISE, ONE_CONVOLUTION
from small_disk import needs_mount, small_disk

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

HERE = Path(__file__).parent
pytestmark = [pytest.mark.slow, needs_mount]
MODULE = (
    ONE_CONVOLUTION
    + NOISE
    + """
import ray

class Putting(nn.Module):
    def forward(self, inputs):
        if self.training and len(inputs) == 32:
            ray.put(np.zeros(2**22, np.uint8))
        return inputs

def net():
    return one_convolution(Putting())

def space_of_batches(trial, arm):
    return {**space(trial, arm), "batch_size": 32 if trial.number == 1 else 16}
"""
)
SPEC = """
name: full
protocols: [fine_tuning]
backbones: ["own.py:net"]
tasks: [{name: digit, data: "own.py:labels", target: digit}]
search: {trials: 3, sampler: random, space: "own.py:space_of_batches", scheduler: {kind: none}}
budget: {epochs: 2}
resources: {max_concurrent_trials: 1}
assessment: {seeds: 1}
"""


def test_a_study_needs_no_room_in_the_object_store_and_a_trial_that_does_fails_alone(tmp_path):
    with small_disk(tmp_path / "disk", kib=16 * 1024) as disk:
        command = [sys.executable, str(HERE / "full_store.py"), str(tmp_path), str(disk)]
        run_apart(command, tmp_path, module=MODULE, spec=SPEC)
    records = Study.open(tmp_path / "run")._records()
    states = {record.plan.number: record.state for record in records.read_all(Purpose.SEARCH)}
    assert states == {0: TrialState.COMPLETE, 1: TrialState.FAILED, 2: TrialState.COMPLETE}
    [failed] = [record for record in records.read_all(Purpose.SEARCH) if record.plan.number == 1]
    assert failed.reason.startswith("OutOfDiskError: Local disk is full")
    [assessed] = records.read_all(Purpose.ASSESSMENT)
    assert assessed.state is TrialState.COMPLETE
