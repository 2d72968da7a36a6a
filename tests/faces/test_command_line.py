"""The command line: what a person types, what comes back, and with which exit code."""

import json
import sys
from importlib.metadata import version
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import study
from study.faces.command_line import app, main
from study.values.importing import resolve
from study.values.spec.reading import read_spec

OWN = Path(__file__).parents[1] / "own"
SPEC = """\
name: small
backbones: ["parts.py:small_net"]
tasks: [{name: digit, data: "parts.py:two_labels", target: digit}]
search: {trials: 2, space: "parts.py:narrow", scheduler: {kind: none}}
budget: {epochs: 2}
assessment: {seeds: 2}
"""


def typed(monkeypatch, capsys, *arguments):
    """Return exit code, standard output and standard error of `study ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["study", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return ended.value.code or 0, captured.out, captured.err


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts.py").write_text((OWN / "parts.py").read_text())
    (tmp_path / "my.yaml").write_text(SPEC)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("finished")
    (folder / "parts.py").write_text((OWN / "parts.py").read_text())
    (folder / "my.yaml").write_text(SPEC)
    result = CliRunner().invoke(app, ["run", str(folder / "my.yaml"), "--dir", str(folder / "run")])
    assert result.exit_code == 0, result.output
    return folder / "run", result.output


def test_init_writes_a_spec_that_is_valid_and_never_overwrites(tmp_path, monkeypatch, capsys):
    path = tmp_path / "my.yaml"
    assert typed(monkeypatch, capsys, "init", path)[0] == 0
    assert read_spec(path).protocols[0].value == "fine_tuning"
    code, _, err = typed(monkeypatch, capsys, "init", path)
    assert (code, "exists already" in err) == (2, True)
    code, out, err = typed(monkeypatch, capsys, "validate", path)
    assert (code, "3 arms, 30 trials, 9 assessments; nothing wrong" in out) == (0, True), err
    path.write_text(
        path.read_text().replace("# leave_one_task_out", "leave_one_task_out").replace("# affinity", "affinity")
    )
    code, out, err = typed(monkeypatch, capsys, "validate", path)
    assert (code, "9 assessments and up to 12 more to leave one task out" in " ".join(out.split())) == (0, True), err


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("parts.py:small_net", "resnet81", "my.yaml:2: backbones[0].source: "),
        ("parts.py:small_net", "resnet81", "did you mean resnet18"),
        ("parts.py:small_net", "parts.py:smal_net", "did you mean small_net"),
        ("parts.py:two_labels", "manifest:gone.csv", "my.yaml:3: tasks[0].data: "),
        ("target: digit", "target: digt", "digit"),
        ("parts.py:narrow", "parts.py:unknown", "unknown hyperparameter 'head_widht' (did you mean head_width?)"),
        ("epochs: 2", "epoch: 2", "my.yaml:5: budget.epoch: unknown key 'epoch' (did you mean epochs?)"),
    ],
)
def test_validate_names_the_place_and_what_is_allowed(folder, monkeypatch, capsys, old, new, expected):
    (folder / "my.yaml").write_text(SPEC.replace(old, new))
    code, out, err = typed(monkeypatch, capsys, "validate", folder / "my.yaml")
    assert (code, out) == (2, "")
    assert expected in err
    assert "Traceback" not in err


def test_validate_says_at_most_where_arms_may_end_before_they_have_all_trials(folder, monkeypatch, capsys):
    (folder / "my.yaml").write_text(SPEC.replace("epochs: 2", "epochs: 2, arm_training_s: 60"))
    code, out, err = typed(monkeypatch, capsys, "validate", folder / "my.yaml")
    assert (code, "1 arms, at most " in out) == (0, True), err


def test_errors_of_all_kinds_come_together(folder, monkeypatch, capsys):
    text = (
        SPEC.replace("small_net", "no_net").replace("target: digit", "target: none").replace("epochs: 2", "epochs: 0")
    )
    (folder / "my.yaml").write_text(text)
    code, _, err = typed(monkeypatch, capsys, "validate", folder / "my.yaml")
    assert code == 2
    for place in ("my.yaml:2: backbones[0]", "my.yaml:3: tasks[0]", "my.yaml:5: budget.epochs: 0: must be at least 1"):
        assert place in err


def test_run_refuses_a_bad_spec_before_it_makes_anything(folder, monkeypatch, capsys):
    (folder / "my.yaml").write_text(SPEC.replace("trials: 2", "trials: 0"))
    assert typed(monkeypatch, capsys, "run", folder / "my.yaml", "--dir", folder / "run")[0] == 2
    assert not (folder / "run").exists()


@pytest.mark.parametrize("command", ["status", "trials", "leaderboard", "resume"])
def test_a_directory_without_a_study_is_named(tmp_path, monkeypatch, capsys, command):
    code, _, err = typed(monkeypatch, capsys, command, tmp_path)
    assert (code, "no study in" in err) == (2, True)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("backbones", "efficientnet_lite0"),
        ("tasks", "CC BY-NC-SA 4.0"),
        ("protocols", "linear_probe"),
        ("spaces", "search_spaces.fine_tuning:fine_tuning"),
        ("methods", "optimizer: adamw"),
        ("methods", "task_balancing: nash_mtl"),
    ],
)
def test_list_shows_what_a_spec_can_name(monkeypatch, capsys, what, expected):
    code, out, _ = typed(monkeypatch, capsys, "list", what)
    assert (code, expected in out) == (0, True)


def test_the_version_is_that_of_the_installed_package(monkeypatch, capsys):
    code, out, _ = typed(monkeypatch, capsys, "--version")
    assert (code, out.split()[-1]) == (0, version("pretrained-study"))


@pytest.mark.ray
class TestFinishedStudy:
    def test_run_ends_with_the_leaderboard_and_where_things_are(self, finished):
        directory, output = finished
        assert "small_net" in output
        assert f"tensorboard --logdir {directory}" in output

    def test_tables_for_programs(self, finished, monkeypatch, capsys):
        directory, _ = finished
        rows = json.loads(typed(monkeypatch, capsys, "leaderboard", directory, "--json")[1])
        assert [row["arm"] for row in rows] == ["fine_tuning/small_net/digit"]
        table = pd.read_csv(StringIO(typed(monkeypatch, capsys, "trials", directory, "--csv")[1]))
        assert table["trial"].tolist() == [0, 1]
        assert {"freezing_depth", "head_learning_rate"} <= set(table.columns)
        trials = json.loads(typed(monkeypatch, capsys, "trials", directory, "--json")[1])
        assert trials[0]["reason"] is None
        status = json.loads(typed(monkeypatch, capsys, "status", directory, "--json")[1])
        assert (status["phase"], status["arms"][0]["complete"]) == ("done", 2)
        assert typed(monkeypatch, capsys, "trials", directory, "--json", "--csv")[0] == 2

    def test_tables_for_people(self, finished, monkeypatch, capsys):
        directory, _ = finished
        assert "[0." in typed(monkeypatch, capsys, "leaderboard", directory)[1], "the interval is shown"
        assert "complete" in typed(monkeypatch, capsys, "trials", directory)[1]
        assert "small: done, not running" in typed(monkeypatch, capsys, "status", directory)[1]

    def test_export_and_load(self, finished, monkeypatch, capsys, tmp_path):
        directory, _ = finished
        arm = "fine_tuning/small_net/digit"
        code, said, _ = typed(monkeypatch, capsys, "export", directory, "--arm", arm, "-o", tmp_path / "model")
        assert code == 0
        first, *lines = said.splitlines()
        assert first == f"wrote {tmp_path / 'model'}; in Python:"
        pasted = {}
        exec("\n".join(line.removeprefix("    ") for line in lines), pasted)
        assert pasted["model"].config.arm == arm
        net = resolve("parts.py:small_net", root=OWN)
        assert study.load_model(tmp_path / "model", backbone=net).config.arm == arm
        code, _, err = typed(
            monkeypatch, capsys, "export", directory, "--arm", "fine_tuning/small_net/digits", "-o", "x"
        )
        assert (code, "did you mean fine_tuning/small_net/digit" in err) == (2, True)

    def test_replay_says_the_same_or_not(self, finished, monkeypatch, capsys):
        directory, _ = finished
        code, out, _ = typed(monkeypatch, capsys, "replay", directory, "--trial", "1")
        assert (code, "the same within 0.0001" in out) == (0, True)
        [epochs] = directory.glob("trials/**/00001/epochs.jsonl")
        whole = epochs.read_text()
        first, *rest = whole.splitlines()
        changed = json.loads(first)
        changed["metrics"]["validation/digit/accuracy"] += 0.25
        del changed["checksum"]
        try:
            epochs.write_text("\n".join([json.dumps(changed), *rest]) + "\n")
            code, out, _ = typed(monkeypatch, capsys, "replay", directory, "--trial", "1")
        finally:
            epochs.write_text(whole)
        assert (code, "DIFFERENT" in out, "validation/digit/accuracy" in out) == (1, True, True)

    def test_bad_numbers_of_trials(self, finished, monkeypatch, capsys):
        for text in ("ten", "-3", "+", "1.5"):
            code, _, err = typed(monkeypatch, capsys, "resume", finished[0], f"--trials={text}")
            assert (code, "whole number of trials" in err) == (2, True)
