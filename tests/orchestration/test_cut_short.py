"""A study that was cut short after any epoch of any trial goes on as if it had not been."""

from pathlib import Path

import pytest
from cutting import cut

import study
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.slow]

OWN = Path(__file__).parents[1] / "own"


@pytest.fixture(scope="module")
def whole(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("cut")
    spec = study.StudySpec.model_validate(
        {
            "name": "cut",
            "protocols": ["fine_tuning"],
            "backbones": ["parts.py:small_net"],
            "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
            "search": {
                "trials": 6,
                "startup_trials": 3,
                "space": "parts.py:narrow",
                "outer": 0.2,
                "scheduler": {"kind": "asha", "reduction_factor": 2},
            },
            "budget": {"epochs": 4},
            "resources": {"max_concurrent_trials": 1, "cache_dir": str(folder / "cache")},
            "assessment": {"seeds": 1},
        }
    )
    one = Study(spec, folder / "run", root=OWN)
    one.run(quiet=True)
    return one


def outcome(ran):
    return {
        record.plan.folder: (
            record.state,
            record.reason,
            record.plan.hyperparameters,
            [epoch.objective for epoch in record.epochs],
            record.outer,
            record.test,
        )
        for record in ran._records().read_all()
    }


def test_a_study_that_was_cut_short_goes_on_as_if_it_had_not_been(whole, tmp_path):
    trials = whole._records().read_all(Purpose.SEARCH)
    stopped = next(record for record in trials if record.state is TrialState.PRUNED)
    last = [record for record in trials if record.state is TrialState.COMPLETE][-1]
    for record, num_epochs in [(stopped, len(stopped.epochs)), (last, 1), (last, 4)]:
        number = record.plan.number
        again = cut(whole, tmp_path / f"{number}-{num_epochs}", number=number, num_epochs=num_epochs)
        again.run(quiet=True)
        assert outcome(again) == outcome(whole), f"cut after epoch {num_epochs} of trial {number}"
