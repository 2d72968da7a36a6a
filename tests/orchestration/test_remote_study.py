"""A study at a URL of a real S3-compatible server: run, seen from another machine, refused, gone on with."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import study
from study.adapters.remote.object_store import ObjectStore
from study.faces.command_line import app
from study.orchestration.study import Study
from study.values.importing import resolve
from study.values.plan import Purpose
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"


@pytest.fixture
def another_machine(tmp_path, monkeypatch):
    """Return what makes this machine another one: no mirrors, no caches."""
    taken = iter(range(100))

    def move():
        monkeypatch.setenv("STUDY_CACHE_DIR", str(tmp_path / f"machine-{next(taken)}"))

    move()
    return move


def small_spec(**changes):
    values = {
        "name": "small",
        "backbones": ["parts.py:small_net"],
        "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
        "search": {"trials": 2, "space": "parts.py:narrow", "scheduler": {"kind": "none"}},
        "budget": {"epochs": 2},
        "assessment": {"seeds": 2},
    }
    return study.StudySpec.model_validate({**values, **changes})


def typed(*arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.ray
def test_a_whole_study_is_at_its_url_and_seen_from_another_machine(s3, another_machine, local_ray, tmp_path):
    url = s3.url("runs/whole")
    one = Study(small_spec(), url, root=OWN)
    one.run(quiet=True)
    records = one._records().read_all()
    assert {record.state for record in records} == {TrialState.COMPLETE}
    names = s3.names("runs/whole")
    assert {"spec.yaml", "root.json", "optuna.db", ".lease.json"} <= names
    assert not any(name.startswith(("checkpoints/", ".clock")) or ".partial" in name for name in names)
    for record in records:
        assert {f"{record.plan.folder}/trial.json", f"{record.plan.folder}/epochs.jsonl"} <= names
        assert any(name.startswith(f"{record.plan.folder}/events.out.tfevents") for name in names)

    another_machine()
    there = Study.open(url)
    assert there._records().read_all() == records
    assert not list(there.directory.rglob("*.safetensors")), "weights stay there until they are asked for"
    found = json.loads(typed("status", url, "--json"))
    assert (found["phase"], found["running"], found["directory"]) == ("done", False, url)
    board = json.loads(typed("leaderboard", url, "--json"))
    assert [row["arm"] for row in board] == ["fine_tuning/small_net/digit"]

    net = resolve("parts.py:small_net", root=OWN)
    model = study.load_model(there.export(there.arms[0].id, tmp_path / "model"), backbone=net)
    images, _ = __import__("runpy").run_path(str(OWN / "parts.py"))["two_labels"]()
    assert torch.isfinite(model.predict([images[0]])["digit"].probabilities).all()
    assert there.replay(0).same

    there.resume(extra_trials=1, quiet=True)
    after = Study.open(url)._records().read_all(Purpose.SEARCH)
    assert after[:2] == [record for record in records if record.plan.purpose is Purpose.SEARCH]
    assert [record.plan.number for record in after] == [0, 1, 2]
    another_machine()
    assert Study.open(url).status().phase == "done"
    assert "not-to-be-seen" not in "".join(
        path.read_text(errors="replace") for path in Study.open(url).directory.rglob("*") if path.is_file()
    )


@pytest.mark.ray
@pytest.mark.slow
def test_what_is_damaged_at_the_url_is_set_aside_there_and_trained_anew(s3, another_machine, local_ray):
    url = s3.url("runs/damaged")
    one = Study(small_spec(), url, root=OWN)
    one.run(quiet=True)
    before = {record.plan.folder: record for record in one._records().read_all()}
    searched, assessed = [
        next(folder for folder, record in before.items() if record.plan.purpose is purpose) for purpose in Purpose
    ]
    store = ObjectStore(url)
    epochs = store.read(f"{searched}/epochs.jsonl")
    store.write(f"{searched}/epochs.jsonl", epochs.replace(b"1", b"7", 1))
    store.write(f"{assessed}/checkpoint/trained.safetensors", b"")

    another_machine()
    again = Study.open(url)
    with pytest.raises(study.InputError, match="sets it aside and trains the trial anew"):
        again.status()
    again.resume(quiet=True)
    names = s3.names("runs/damaged")
    for folder in (searched, assessed):
        assert f"damaged/{folder}/trial.json" in names
        assert f"{folder}/trial.json" in names
    another_machine()
    there = Study.open(url)
    after = {record.plan.folder: record for record in there._records().read_all()}
    assert after.keys() == before.keys()
    changed = {folder for folder in after if after[folder].started_at != before[folder].started_at}
    assert changed == {searched, assessed}
    assert there.leaderboard().equals(one.leaderboard())
    there.resume(quiet=True)
    assert {record.plan.folder: record for record in there._records().read_all()} == after
