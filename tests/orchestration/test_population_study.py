"""A population from its first generation to the assessment of a lineage, whole and cut short."""

from pathlib import Path

import pytest
from cutting import cut

import study
from study.faces.report.page import render
from study.orchestration.study import Study
from study.values.importing import resolve
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"
SIZE = 2


def _spec(folder):
    return study.StudySpec.model_validate(
        {
            "name": "population",
            "protocols": ["fine_tuning"],
            "backbones": ["parts.py:small_net"],
            "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
            "search": {
                "trials": 6,
                "space": "parts.py:narrow",
                "sampler": "random",
                "scheduler": {"kind": "none"},
                "population_based_training": {"size": SIZE, "interval_epochs": 1},
            },
            "budget": {"epochs": 3},
            "resources": {"max_concurrent_trials": 2, "cache_dir": str(folder / "cache")},
            "assessment": {"seeds": 1},
        }
    )


def _outcome(ran):
    return {
        record.plan.folder: (
            record.state,
            record.plan.hyperparameters,
            record.plan.lineage,
            [(epoch.epoch, epoch.objective) for epoch in record.epochs],
            record.test,
        )
        for record in ran._records().read_all()
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("population")
    one = Study(_spec(folder), folder / "run", root=OWN)
    one.run(quiet=True)
    return one


def test_a_lineage_is_searched_assessed_exported_and_replayed(ran, tmp_path):
    trials = ran._records().read_all(Purpose.SEARCH)
    assert [record.state for record in trials] == [TrialState.COMPLETE] * 6
    assert [[epoch.epoch for epoch in record.epochs] for record in trials] == [[1], [1], [2], [2], [3], [3]]
    assert [record.plan.checkpoint is not None for record in trials] == [False] * 2 + [True] * 4
    assert not any("checkpoint" in record.epochs[0].notes for record in trials)  # went on from where it was to
    status = ran.status()
    assert (status.phase, status.arms[0].complete, status.arms[0].remaining) == ("done", 6, 0)
    assert not (ran.directory / "checkpoints").exists()

    [arm] = ran.arms
    chosen = ran.best(arm.id)
    assert chosen.plan.number >= 2 * SIZE
    assert len(chosen.plan.lineage) == 2
    [assessed] = ran._records().read_all(Purpose.ASSESSMENT)
    assert assessed.plan.lineage == chosen.plan.lineage
    assert [epoch.epoch for epoch in assessed.epochs] == [1, 2, 3]
    assert assessed.test
    assert ran.replay(chosen.plan.number).same
    net = resolve("parts.py:small_net", root=OWN)
    assert study.load_model(ran.export(arm.id, tmp_path / "model"), backbone=net) is not None

    table = ran.trials()
    assert table["goes_on_from"].isna().tolist() == [True] * 2 + [False] * 4
    assert table["epochs"].tolist() == [1, 1, 2, 2, 3, 3]
    found = ran.findings()
    assert "what fewer of them, or less time, would have led to is not known" in render(ran, found)
    assert found.by_trials.empty
    assert found.importances.empty
    assert found.compared["trial"].tolist() == [4, 5]


@pytest.mark.slow
def test_a_population_cut_short_goes_on_without_any_checkpoint_as_if_it_had_not_been(ran, tmp_path):
    whole = _outcome(ran)
    again = cut(ran, tmp_path / "again", number=3, num_epochs=1)
    again.run(quiet=True)
    assert _outcome(again) == whole
