"""Costs as objectives and constraints on real Ray: recorded, told to Optuna, kept to in what is assessed."""

from pathlib import Path

import optuna
import pytest

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.spec import StudySpec

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"


def test_what_models_cost_goes_into_records_search_selection_and_the_exported_model(tmp_path, local_ray):
    spec = StudySpec.model_validate(
        {
            "name": "costly",
            "backbones": ["parts.py:small_net"],
            "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit", "limit": 200}],
            "search": {
                "trials": 6,
                "startup_trials": 4,
                "space": "parts.py:narrow",
                "objectives": ["trained_parameters"],
                "constraints": {"trained_parameters": 4000, "latency_ms": 1000},
                "scheduler": {"kind": "none"},
            },
            "budget": {"epochs": 2},
            "assessment": {"seeds": 1},
        }
    )
    study = Study(spec, tmp_path / "run", root=OWN)
    study.run(quiet=True)
    records = study._records().read_all(Purpose.SEARCH)
    told = optuna.load_study(study_name=f"costly/{study.arms[0].id}", storage=f"sqlite:///{tmp_path}/run/optuna.db")
    assert [trial.values[1] for trial in told.trials] == [record.costs["trained_parameters"] for record in records]
    assert all(set(trial.constraints) == {"trained_parameters", "latency_ms"} for trial in told.trials)
    assert all(record.costs["latency_ms"] > 0 for record in records)
    feasible = [record for record in records if record.costs["trained_parameters"] <= 4000]
    assert len(feasible) < len(records), "some configuration exceeds the limit, or nothing is shown"
    chosen = study.best(study.arms[0].id)
    assert chosen.objective == max(record.objective for record in feasible)
    exported = study.export(study.arms[0].id, tmp_path / "model")
    assert f"trained_parameters: {chosen.costs['trained_parameters']:.6g}" in (exported / "README.md").read_text()
