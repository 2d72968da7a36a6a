"""`study rank`: what a person and a program get, with and without a study to compare with."""

import json
import sys
from io import StringIO
from pathlib import Path

import builders
import pandas as pd
import pytest

from study.adapters.record_store import RecordStore
from study.faces.command_line import main
from study.orchestration.study import Study
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"
SPEC = """\
name: small
backbones: ["parts.py:small_net", {source: "parts.py:small_net", weights: none}]
tasks: [{name: digit, data: "parts.py:two_labels", target: digit}]
search: {trials: 2, space: "parts.py:narrow", scheduler: {kind: none}}
budget: {epochs: 3}
resources: {cache_dir: cache}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rank")
    (folder / "parts.py").write_text((OWN / "parts.py").read_text())
    (folder / "my.yaml").write_text(SPEC)
    return folder


@pytest.fixture(scope="module")
def searched(folder):
    """A study whose search found the pretrained network much better."""
    ran = Study(folder / "my.yaml", folder / "run")
    for number, (arm, reached) in enumerate(zip(ran.arms, (0.9, 0.4), strict=True)):
        record = builders.scored(number, objectives=[0.1, 0.2, reached], state=TrialState.COMPLETE, arm=arm)
        for epoch in record.epochs:
            RecordStore(ran.directory).append(record.plan, epoch)
        RecordStore(ran.directory).write(record)
    return ran


def typed(monkeypatch, capsys, *arguments):
    """Return exit code, standard output and standard error of `study rank ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["study", "rank", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return ended.value.code or 0, captured.out, captured.err


def test_people_get_a_table_and_the_progress_beside_it(folder, monkeypatch, capsys):
    code, out, err = typed(monkeypatch, capsys, folder / "my.yaml")
    assert code == 0, err
    assert "small_net-random" in out
    assert "knn_rank" in out
    assert "[rank 2/2] small_net-random on digit" in err
    assert (folder / "cache" / "features").is_dir(), "the spec's cache, for the study to come"


def test_programs_get_json_or_csv(folder, monkeypatch, capsys):
    rows = json.loads(typed(monkeypatch, capsys, folder / "my.yaml", "--json")[1])
    table = pd.read_csv(StringIO(typed(monkeypatch, capsys, folder / "my.yaml", "--csv")[1]))
    assert {row["backbone"] for row in rows} == {"small_net", "small_net-random"}
    assert [row["logme"] for row in rows] == pytest.approx(table["logme"].tolist())
    assert [row["logme_rank"] for row in rows] == table["logme_rank"].tolist() == [1, 2]


def test_a_studys_directory_adds_whether_its_results_agree(folder, searched, monkeypatch, capsys):
    code, out, err = typed(monkeypatch, capsys, folder / "my.yaml", "--dir", folder / "run")
    assert code == 0, err
    assert out.count("digit: ") == 4
    assert "on validation (tau " in out, "nothing is assessed yet"
    both = json.loads(typed(monkeypatch, capsys, folder / "my.yaml", "--dir", folder / "run", "--json")[1])
    [logme] = [row for row in both["agreement"] if row["score"] == "logme"]
    best = next(row["backbone"] for row in both["ranking"] if row["logme_rank"] == 1)
    assert logme["tau"] == (1 if best == "small_net" else -1)
    assert len(both["ranking"]) == 2


def test_a_study_ranks_and_compares_from_python_too(searched):
    ranking = searched.rank(quiet=True)
    assert searched.agreement(ranking)["backbones"].tolist() == [2, 2, 2, 2]
    pd.testing.assert_frame_equal(searched.agreement(quiet=True), searched.agreement(ranking))


@pytest.mark.parametrize(
    ("old", "new", "arguments", "message"),
    [
        ("target: digit", "target: digt", [], "my.yaml:3: tasks[0].target: "),
        ('source: "parts.py:small_net"', "source: resnet81", [], "did you mean resnet18"),
        ("", "", ["--json", "--csv"], "--json and --csv: choose one"),
        ("", "", ["--dir", "run", "--csv"], "choose --json"),
        ("", "", ["--dir", "none"], "no study in"),
    ],
)
def test_bad_input_is_named_before_anything_is_computed(
    folder, tmp_path, monkeypatch, capsys, old, new, arguments, message
):
    (tmp_path / "parts.py").write_text((OWN / "parts.py").read_text())
    (tmp_path / "my.yaml").write_text(SPEC.replace(old, new) if old else SPEC)
    code, out, err = typed(monkeypatch, capsys, tmp_path / "my.yaml", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "[rank" not in err


def test_another_study_is_refused(folder, searched, tmp_path, monkeypatch, capsys):
    (tmp_path / "parts.py").write_text((OWN / "parts.py").read_text())
    (tmp_path / "my.yaml").write_text(SPEC.replace("target: digit", "target: odd"))
    code, _, err = typed(monkeypatch, capsys, tmp_path / "my.yaml", "--dir", folder / "run")
    assert (code, "another task digit" in err) == (2, True)
