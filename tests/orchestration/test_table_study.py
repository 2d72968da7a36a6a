"""A whole study on tables: a number and a class, each alone, assessed, reported, exported and predicted with."""

import math

import numpy as np
import pytest
from row_studies import export_last_arm, mlp, run_small
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score

import study
from study.faces.report.page import write_report

pytestmark = pytest.mark.ray

TASKS = [{"name": "progression", "data": "diabetes", "kind": "regression", "target": "progression"}]


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    return run_small(
        tmp_path_factory.mktemp("study"),
        name="tables",
        protocols=["from_scratch"],
        backbones=[mlp(10, 2), mlp(10, 16)],
        tasks=TASKS,
        search={"trials": 2},
        budget={"epochs": 3},
    )


def test_arms_are_ranked_with_intervals_and_compared_on_the_same_examples(ran):
    table = ran.leaderboard()
    assert table["metric"].tolist() == ["r2", "r2"]
    assert table["test"].notna().all()
    found = ran.findings().tasks["progression"]
    [pair] = found.standings.comparisons.to_dict(orient="records")
    assert pair["low"] <= pair["difference"] <= pair["high"]
    assert math.isnan(pair["p_mcnemar"])
    assert len(found.worst_classes) == len(found.calibration) == len(found.reliability) == 0


def test_the_report_leaves_out_what_is_of_classes(ran, tmp_path):
    page = write_report(ran, ran.findings(), tmp_path / "report.html").read_text()
    assert "Task progression" in page
    assert "<h3>Every pair" in page
    assert "<h3>Calibration" not in page
    assert "<h3>Worst class" not in page


def test_an_exported_model_predicts_rows_in_the_targets_unit_as_it_was_assessed(ran, tmp_path):
    model, (task,) = export_last_arm(ran, tmp_path / "model")
    test = task.splits.test
    data = load_diabetes(scaled=False)
    found = model.predict(data.data[test])["progression"]
    score = r2_score(data.target[test], found.numbers.numpy())
    assert score == pytest.approx(model.config.test["test/progression/r2"], abs=1e-5)
    assert "- progression: a number" in (tmp_path / "model" / "README.md").read_text()
    one = model.predict(data.data[test[0]].tolist())["progression"].numbers
    assert one.numpy() == pytest.approx(found.numbers[:1].numpy(), rel=1e-5)
    with pytest.raises(study.InputError, match="no label"):
        _ = found.labels
    for wrong in (np.zeros((2, 9)), np.full((1, 10), np.nan), np.zeros((0, 10))):
        with pytest.raises(study.InputError):
            model.predict(wrong)


def test_ranking_by_classes_is_refused_by_name(ran, tmp_path):
    with pytest.raises(study.InputError, match="progression predicts a number"):
        ran.rank(quiet=True)
