"""A whole study on any number of labels and on classes in an order: run, reported, exported and predicted with."""

import math

import numpy as np
import pytest
from row_studies import export_last_arm, mlp, run_small
from sklearn.metrics import average_precision_score, cohen_kappa_score

import study
from study.faces.report.page import write_report

pytestmark = pytest.mark.ray

TASKS = [
    {"name": "tags", "data": "arrays:d.npz", "target": "tags", "kind": "multi_label"},
    {
        "name": "grade",
        "data": "arrays:d.npz",
        "target": "grade",
        "kind": "ordinal",
        "classes": ["low", "mid", "high"],
    },
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("study")
    rows = np.random.default_rng(0).normal(size=(300, 5))
    grades = np.array(["low", "mid", "high"])[np.digitize(rows[:, 3], [-0.5, 0.5])]
    np.savez(folder / "d.npz", rows=rows, tags=(rows[:, :3] > [0, 1, -0.5]).astype(np.int64), grade=grades)
    return run_small(
        folder,
        name="labels",
        protocols=["from_scratch", "shared_representation"],
        backbones=[mlp(5, 8)],
        tasks=TASKS,
        search={"trials": 1},
        budget={"epochs": 4},
    )


def test_arms_are_ranked_with_intervals_and_compared_on_the_same_examples(ran):
    assert ran.leaderboard().groupby("task")["metric"].first().to_dict() == {
        "tags": "mean_average_precision",
        "grade": "quadratic_kappa",
    }
    for task, found in ran.findings().tasks.items():
        table = found.standings.table
        assert (table["low"] <= table["test"]).all()
        assert (table["test"] <= table["high"]).all()
        [pair] = found.standings.comparisons.to_dict(orient="records")
        assert pair["low"] <= pair["difference"] <= pair["high"]
        is_of_classes = task == "grade"
        assert math.isnan(pair["p_mcnemar"]) is not is_of_classes
        assert bool(len(found.worst_classes)) is bool(len(found.calibration)) is is_of_classes


def test_the_report_leaves_out_what_is_of_one_class_an_example(ran, tmp_path):
    page = write_report(ran, ran.findings(), tmp_path / "report.html").read_text()
    assert "Task tags" in page
    assert page.count("<h3>Calibration") == 1
    with pytest.raises(study.InputError, match=r"tags predicts any number of labels$"):
        ran.rank(quiet=True)


def test_an_exported_model_predicts_as_it_was_assessed(ran, tmp_path):
    model, (tags, grade) = export_last_arm(ran, tmp_path / "model")
    test = tags.splits.test
    found = model.predict(np.load(ran.root / "d.npz")["rows"][test])
    expected = model.config.test

    labels = found["tags"]
    score = average_precision_score(tags.readable(tags.labels)[test], labels.probabilities.numpy())
    assert score == pytest.approx(expected["test/tags/mean_average_precision"], abs=1e-5)
    first = labels.probabilities[0].tolist()
    assert labels.label_sets[0] == tuple(name for name, share in zip("012", first, strict=True) if share > 0.5)
    with pytest.raises(study.InputError, match="label_sets"):
        _ = labels.labels

    classes = found["grade"]
    assert classes.probabilities.sum(dim=1).tolist() == pytest.approx([1] * len(test))
    told = [grade.classes.index(name) for name in classes.labels]
    kappa = cohen_kappa_score(grade.labels[test], told, weights="quadratic")
    assert kappa == pytest.approx(expected["test/grade/quadratic_kappa"], abs=1e-5)
    with pytest.raises(study.InputError, match="no set of labels"):
        _ = classes.label_sets
    card = (tmp_path / "model" / "README.md").read_text()
    assert "- tags: any of 0, 1, 2\n- grade: one of low < mid < high" in card
