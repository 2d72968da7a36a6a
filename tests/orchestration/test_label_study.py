"""A whole study on any number of labels: run, reported, exported and predicted with."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

import study
from study.faces.report.page import write_report
from study.orchestration.study import Study
from study.parts.tasks import build_tasks

pytestmark = pytest.mark.ray

TASKS = [{"name": "tags", "data": "arrays:d.npz", "target": "tags", "kind": "multi_label"}]


def mlp(width):
    return {"source": "mlp", "name": f"w{width}", "weights": "none", "options": {"inputs": 5, "widths": [width]}}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("study")
    rows = np.random.default_rng(0).normal(size=(300, 5))
    np.savez(folder / "d.npz", rows=rows, tags=(rows[:, :3] > [0, 1, -0.5]).astype(np.int64))
    spec = study.StudySpec.model_validate(
        {
            "name": "labels",
            "protocols": ["from_scratch"],
            "backbones": [mlp(2), mlp(8)],
            "tasks": TASKS,
            "search": {"trials": 2},
            "budget": {"epochs": 4},
            "assessment": {"seeds": 2},
            "resources": {"cache_dir": str(folder / "cache")},
        }
    )
    one = Study(spec, folder / "run", root=folder)
    one.run(quiet=True)
    return one


def test_arms_are_ranked_with_intervals_and_compared_on_the_same_examples(ran):
    assert ran.leaderboard()["metric"].tolist() == ["mean_average_precision"] * 2
    found = ran.findings().tasks["tags"]
    assert (found.standings.table["low"] <= found.standings.table["high"]).all()
    [pair] = found.standings.comparisons.to_dict(orient="records")
    assert pair["low"] <= pair["difference"] <= pair["high"]
    assert math.isnan(pair["p_mcnemar"])
    assert len(found.worst_classes) == len(found.calibration) == len(found.reliability) == 0


def test_the_report_leaves_out_what_is_of_one_class_an_example(ran, tmp_path):
    page = write_report(ran, ran.findings(), tmp_path / "report.html").read_text()
    assert "Task tags" in page
    assert "<h3>Calibration" not in page
    with pytest.raises(study.InputError, match="tags predicts any number of labels"):
        ran.rank(quiet=True)


def test_an_exported_model_names_labels_as_it_was_assessed(ran, tmp_path):
    arm = ran.arms[-1]
    folder = ran.export(arm.id, tmp_path / "model")
    model = study.load_model(folder)
    plan = ran.best(arm.id).plan
    [task] = build_tasks(plan.arm, split_seed=plan.split_seed, root=ran.root)
    test = task.splits.test
    rows = np.load(ran.root / "d.npz")["rows"][test]
    found = model.predict(rows)["tags"]
    truth = task.readable(task.labels)[test]
    score = average_precision_score(truth, found.probabilities.numpy())
    assert score == pytest.approx(model.config.test["test/tags/mean_average_precision"], abs=1e-5)
    assert found.label_sets[0] == tuple(name for name, p in zip("012", found.probabilities[0], strict=True) if p > 0.5)
    assert "- tags: any of 0, 1, 2" in (folder / "README.md").read_text()
    with pytest.raises(study.InputError, match="label_sets"):
        _ = found.labels
