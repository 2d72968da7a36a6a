"""A race on real Ray: who is behind is stopped, is not assessed, and everybody is told."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from study.faces.command_line import app
from study.faces.report.markdown import markdown
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.spec import StudySpec

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"


def test_an_arm_that_is_behind_is_stopped_and_everybody_is_told(tmp_path, local_ray):
    spec = StudySpec.model_validate(
        {
            "name": "race",
            "protocols": ["fine_tuning", "linear_probe"],
            "backbones": ["parts.py:small_net"],
            "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit", "limit": 200}],
            "search": {"trials": 4, "space": "parts.py:narrow", "racing": {"first_trials": 2}},
            "budget": {"epochs": 2, "arm_whole_trainings": 100},
            "resources": {"max_concurrent_trials": 2},
            "assessment": {"seeds": 1},
        }
    )
    study = Study(spec, tmp_path / "run", root=OWN)
    study.run(quiet=True)
    status = study.status()
    assert status.phase == "done"
    [behind] = [arm for arm in status.arms if arm.stopped]
    [ahead] = [arm for arm in status.arms if not arm.stopped]
    assert (behind.complete + behind.pruned, behind.assessed) == (2, 0)
    assert (ahead.complete + ahead.pruned, ahead.assessed) == (4, 1)
    searched = study._records().read_all(Purpose.SEARCH)
    assert all(record.plan.work is not None for record in searched)
    said = study.unequal_budgets()
    assert "no comparison at equal budgets" in said[0]
    assert said[1] == behind.stopped
    assert study.leaderboard()["seeds"].tolist() == [1, 0]
    shown = [CliRunner().invoke(app, [name, str(tmp_path / "run")]) for name in ("leaderboard", "status")]
    assert all("stopped by search.racing after 2 trials" in " ".join(one.output.split()) for one in shown)
    assert f"Budgets: {behind.stopped}." in markdown("race", study.findings())
    with pytest.raises(InputError, match="it is not assessed, so there is no model of it"):
        study.export(behind.arm, tmp_path / "model")
    study.resume(quiet=True)
    assert len(study._records().read_all()) == len(searched) + 1
