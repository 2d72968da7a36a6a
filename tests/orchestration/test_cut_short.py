"""A study that was cut short after any epoch of any trial goes on as if it had not been."""

import shutil
from pathlib import Path

import pytest

import study
from study.adapters.optuna_search.asked_file import ASKED_FILE
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = [pytest.mark.ray, pytest.mark.slow]

OWN = Path(__file__).parents[1] / "own"
ENDED = {"state": TrialState.RUNNING, "ended_at": None, "reason": None, "checkpoint": None}


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


def cut(whole, directory, *, number, num_epochs):
    """Return the study as it was when a trial had just trained some epochs, and its process died."""
    shutil.copytree(whole.directory, directory)
    for name in ("assessments", "tensorboard"):
        shutil.rmtree(directory / name, ignore_errors=True)
    (directory / "optuna.db").unlink()  # made again from what was asked and the records
    asked = (directory / ASKED_FILE).read_text().splitlines(keepends=True)
    (directory / ASKED_FILE).write_text("".join(asked[: number + 1]))
    records = Study.open(directory)._records()
    for record in records.read_all():
        if record.plan.number >= number:
            shutil.rmtree(directory / record.plan.folder)
        if record.plan.number == number:
            records.write(record.model_copy(update={**ENDED, "epochs": ()}))
            for epoch in record.epochs[:num_epochs]:
                records.append(record.plan, epoch)
    return Study.open(directory)


def test_a_study_that_was_cut_short_goes_on_as_if_it_had_not_been(whole, tmp_path):
    trials = whole._records().read_all(Purpose.SEARCH)
    stopped = next(record for record in trials if record.state is TrialState.PRUNED)
    last = [record for record in trials if record.state is TrialState.COMPLETE][-1]
    for record, num_epochs in [(stopped, len(stopped.epochs)), (last, 1), (last, 4)]:
        number = record.plan.number
        again = cut(whole, tmp_path / f"{number}-{num_epochs}", number=number, num_epochs=num_epochs)
        again.run(quiet=True)
        assert outcome(again) == outcome(whole), f"cut after epoch {num_epochs} of trial {number}"
