"""Trials that hang are ended, and trials that all fail alike stop the study."""

import pytest
from own_modules import NOISE, ONE_CONVOLUTION

import study
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.states import TrialState

pytestmark = pytest.mark.ray

MODULE = (
    ONE_CONVOLUTION
    + NOISE
    + """
import time
import torch

HERE = Path(__file__).parent

class Trouble(nn.Module):
    def forward(self, inputs):
        if len(inputs) >= 16 and (HERE / "hangs").exists():  # those who check the network use few
            (HERE / "hangs").unlink()
            time.sleep(600)
        if len(inputs) >= 16 and (HERE / "fails").exists():
            raise ArithmeticError(f"cannot go on with batch {time.monotonic()}")
        if self.training and len(inputs) >= 16 and (HERE / "hungry").exists():
            raise torch.OutOfMemoryError("no room for such a batch")
        return inputs

def net():
    return one_convolution(Trouble())
"""
)


def made(tmp_path, protocol="fine_tuning", *, search=None, budget=None):
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "own.py").write_text(MODULE)
    spec = {
        "name": "trouble",
        "protocols": [protocol],
        "backbones": [{"source": "own.py:net", "name": "troubled"}],
        "tasks": [{"name": "digit", "data": "own.py:labels", "target": "digit"}],
        "search": {"trials": 3, "space": "own.py:space", "scheduler": {"kind": "none"}, **(search or {})},
        "budget": {"epochs": 2, **(budget or {})},
        "resources": {"max_concurrent_trials": 1},
        "assessment": {"seeds": 1},
    }
    return Study(study.StudySpec.model_validate(spec), tmp_path / "run", root=tmp_path)


def searched(one):
    return one._records().read_all(Purpose.SEARCH)


def test_a_trial_that_hangs_fails_with_its_reason_and_the_others_go_on(tmp_path, local_ray):
    one = made(tmp_path, budget={"trial_wall_clock_s": 12})
    (tmp_path / "hangs").touch()
    one.run(quiet=True)
    hung, *others = searched(one)
    assert hung.state is TrialState.FAILED
    assert hung.reason == "took longer than budget.trial_wall_clock_s = 12 s"
    assert [record.state for record in others] == [TrialState.COMPLETE] * 2


def test_a_pack_that_hangs_is_tried_again_one_by_one(tmp_path, local_ray):
    one = made(tmp_path, "linear_probe", budget={"trial_wall_clock_s": 12})
    (tmp_path / "hangs").touch()
    one.run(quiet=True)
    assert [record.state for record in searched(one)] == [TrialState.COMPLETE] * 3


def test_what_memory_does_not_hold_trains_in_two_parts_to_the_same_end(tmp_path, local_ray):
    whole = made(tmp_path / "whole")
    whole.run(quiet=True)
    one = made(tmp_path / "parts")
    (tmp_path / "parts" / "hungry").touch()
    one.run(quiet=True)
    for record, other in zip(one._records().read_all(), whole._records().read_all(), strict=True):
        assert record.state is TrialState.COMPLETE
        assert record.plan.micro_batches == 2
        assert record.epochs[0].notes["memory"].startswith("did not hold a whole batch: each is computed in 2 parts")
        assert record.plan.hyperparameters == other.plan.hyperparameters
        assert record.objectives == pytest.approx(other.objectives, abs=1e-4)
    assert one.leaderboard()["test"].tolist() == pytest.approx(whole.leaderboard()["test"].tolist(), abs=1e-4)


def test_trials_that_all_fail_alike_stop_the_study_and_it_says_what_they_have_in_common(tmp_path, local_ray):
    one = made(tmp_path, search={"trials": 8, "equal_failures": 3})
    (tmp_path / "fails").touch()
    with pytest.raises(InputError) as stopped:
        one.run(quiet=True)
    said = str(stopped.value)
    assert "3 trials in a row failed for the same reason: ArithmeticError: cannot go on with batch" in said
    assert "backbone troubled" in said
    assert "batch_size 16" in said
    assert "head_learning_rate" not in said, "it differed"
    assert [record.state for record in searched(one)] == [TrialState.FAILED] * 3
    (tmp_path / "fails").unlink()
    one.run(quiet=True)
    assert [record.state for record in searched(one)] == [TrialState.FAILED] * 3 + [TrialState.COMPLETE] * 5
