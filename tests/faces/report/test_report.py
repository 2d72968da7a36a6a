"""The report is one file that needs nothing else and says what the tables say."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from concluded import concluded
from typer.testing import CliRunner

from study.faces.command_line import app
from study.faces.report.figures import figures
from study.faces.report.markdown import markdown
from study.faces.report.page import write_report


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return concluded(tmp_path_factory.mktemp("report") / "run", {"good": 0.9, "poor": 0.5})


@pytest.fixture(scope="module")
def page(study, tmp_path_factory):
    return write_report(study, study.findings(), tmp_path_factory.mktemp("page") / "deep" / "report.html")


def test_the_command_writes_it_into_the_study_directory(study):
    done = CliRunner().invoke(app, ["report", str(study.directory)])
    assert done.exit_code == 0, done.output
    assert (study.directory / "report.html").stat().st_size > 10**6


def test_it_says_the_conclusion_and_asks_nothing_of_the_network(study, page):
    text = page.read_text()
    for sentence in study.findings().conclusion:
        assert sentence in text
    own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href)=\"(?!#)", own)
    assert "loss is not finite: poor" in own
    assert "parts.py:small_net" in own
    assert 'id="table-out-of-distribution"' in own
    assert "Few examples of each class" not in own, "nothing is said of what was not asked for"
    for worst in study.findings().tasks["digit"].worst_classes["class"]:
        assert f">{worst}</td>" in own
    assert "study run concluded.yaml --dir runs/concluded" in own


def test_hyperparameters_that_never_differ_are_said_once(page):
    own = re.sub(r"<script>.*?</script>", "", page.read_text(), flags=re.DOTALL)
    trials = own[own.index('<h2 id="trials">') :]
    assert "The same in all: backbone_learning_rate 0.0001, batch_size 32" in trials
    heads = re.findall(r"<th>(.*?)</th>", trials[: trials.index("</thead>")])
    assert {"trial", "objective", "freezing_depth", "optimizer"} < set(heads)
    assert "batch_size" not in heads


def test_tables_are_written_for_other_programs(study, tmp_path):
    done = CliRunner().invoke(app, ["report", str(study.directory), "--tables", str(tmp_path / "tables")])
    assert done.exit_code == 0, done.output
    standings = pd.read_parquet(tmp_path / "tables/standings.parquet")
    pd.testing.assert_frame_equal(standings, pd.read_csv(tmp_path / "tables/standings.csv"))
    assert standings["arm"].tolist() == ["fine_tuning/good/digit", "fine_tuning/poor/digit"]
    text = (tmp_path / "tables/report.md").read_text()
    assert all(sentence in text for sentence in study.findings().conclusion)
    assert "| 1 | fine_tuning/good/digit | digit | accuracy |" in text
    assert len(pd.read_csv(tmp_path / "tables/trials.csv")) == 24
    assert len(pd.read_csv(tmp_path / "tables/out_of_distribution.csv")) == 2
    assert "## Out of distribution" in text
    assert "## Freezing depth" in text
    effects = pd.read_parquet(tmp_path / "tables/freezing_depth_effects.parquet")
    assert effects["trials"].sum() == 22, "all but the failed ones"
    assert len(pd.read_parquet(tmp_path / "tables/worst_classes.parquet")) == 2


def test_what_a_person_wrote_is_text_and_no_markup(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5})
    [record, *_] = [one for one in study._records().read_all() if one.reason]
    evil = "<script>alert(1)</script>"
    study._records().write(record.model_copy(update={"reason": evil}))
    text = write_report(study, study.findings(), tmp_path / "report.html").read_text()
    assert evil not in text
    assert "&lt;script&gt;alert(1)" in text


def test_scores_before_training_stand_beside_what_tuning_found(study, tmp_path):
    done = CliRunner().invoke(app, ["report", str(study.directory), "--rank", "-o", str(tmp_path / "ranked.html")])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "ranked.html").read_text()
    assert "Before any training" in text
    assert "logme" in text
    assert "Agreement with tuning" in text


def test_few_shots_have_a_table_and_a_plot_of_their_own(tmp_path):
    few = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}, few_shot=[1, 5])
    done = CliRunner().invoke(app, ["report", str(few.directory), "--tables", str(tmp_path / "tables")])
    assert done.exit_code == 0, done.output
    page = (few.directory / "report.html").read_text()
    assert 'id="table-few-shot"' in page
    assert 'id="plot-few-shot-digit"' in page
    assert '>all</td><td class="short">1000</td>' in page
    table = pd.read_csv(tmp_path / "tables/few_shot.csv")
    assert table["examples_per_class"].fillna(0).tolist() == [1, 5, 0] * 2
    assert "## Few examples of each class" in (tmp_path / "tables/report.md").read_text()


def test_what_tasks_do_for_each_other_is_shown_where_it_was_found(study, page, tmp_path):
    assert "Leaving one task out" not in page.read_text()
    assert "Affinity of tasks" not in page.read_text()
    left_out = pd.DataFrame(
        [
            {"backbone": "good", "task": "digit", "gain": 0.0625, "verdict": "positive transfer"},
            {"backbone": "poor", "task": "digit", "verdict": "not run, for training on the other tasks failed: why"},
        ]
    )
    pairs = [("digit", "digit", 3e-4), ("digit", "odd", -1e-4), ("odd", "digit", 2e-4), ("odd", "odd", 5e-4)]
    affinity = pd.DataFrame(pairs, columns=["source", "target", "affinity"]).assign(arm="shared/good/digit+odd")
    found = replace(study.findings(), leaving_out=left_out, affinity=affinity)
    text = write_report(study, found, tmp_path / "report.html").read_text()
    for words in ("Leaving one task out", "0.0625", "training on the other tasks failed: why", "shared/good/digit+odd"):
        assert words in text
    assert '"plot-affinity-0"' in text
    drawn = figures(found, {"digit": "accuracy"})["affinity-0"].data[0]
    rows = dict(zip(drawn.y, np.asarray(drawn.z), strict=True))
    assert dict(zip(drawn.x, rows["step for digit"], strict=True)) == {"loss of digit": 3e-4, "loss of odd": -1e-4}
    assert "## Affinity of tasks" in markdown("s", found)


@pytest.mark.slow
def test_a_thousand_trials_fit_into_10_mb(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}, trials=500)
    written = write_report(study, study.findings(), tmp_path / "report.html")
    assert written.stat().st_size < 10 * 10**6
    assert written.read_text().count("fine_tuning/good/digit") > 500
