"""Files of a finished study are damaged: it is noticed, said, mended by resuming, and nothing else is run again."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import optuna
import pandas as pd
import pytest
from typer.testing import CliRunner

import study
from study.adapters.tensorboard.event_files import read_events
from study.faces.command_line import app
from study.orchestration.study import Study
from study.values.importing import resolve
from study.values.plan import Purpose
from study.values.spec.reading import dump_spec
from study.values.states import TrialState

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("study")
    values = {
        "name": "own",
        "protocols": ["fine_tuning"],
        "backbones": ["parts.py:small_net"],
        "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
        "search": {
            "trials": 4,
            "startup_trials": 4,
            "space": "parts.py:narrow",
            "scheduler": {"kind": "asha", "grace_epochs": 1, "reduction_factor": 2},
        },
        "budget": {"epochs": 3},
        "resources": {"max_concurrent_trials": 1, "cache_dir": str(folder / "cache")},
        "assessment": {"seeds": 2},
    }
    one = Study(study.StudySpec.model_validate(values), folder / "run", root=OWN)
    one.run(quiet=True)
    assert {record.state for record in records(one)} == {TrialState.COMPLETE, TrialState.PRUNED}
    return one


@pytest.fixture
def copied(undisturbed, tmp_path):
    """Return a copy of the finished study's directory."""
    return Path(shutil.copytree(undisturbed.directory, tmp_path / "run"))


def records(one):
    return one._records().read_all()


def outcome(record):
    epochs = [pytest.approx(epoch.metrics, abs=1e-4) for epoch in record.epochs]
    return record.state, record.reason, record.plan.seed, record.plan.hyperparameters, epochs


def flip(path, *, at=0.5):
    """Change a bit of a file's byte, at a share of its length."""
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 4
    path.write_bytes(content)


def resumed(directory, undisturbed, *, again):
    """Resume a damaged study; assert that it comes out as the undisturbed one, having run nothing but `again`."""
    kept = {record.plan.folder: record for record in records(undisturbed)}
    one = Study.open(directory)
    one.resume(quiet=True)
    after = {record.plan.folder: record for record in records(one)}
    assert after.keys() == kept.keys()
    assert {folder for folder in kept if after[folder].started_at != kept[folder].started_at} == set(again)
    for folder in kept:
        expected = outcome(kept[folder])
        assert outcome(after[folder])[:4] == expected[:4]
        assert [epoch.metrics for epoch in after[folder].epochs] == expected[4]
    pd.testing.assert_frame_equal(one.leaderboard(), undisturbed.leaderboard(), atol=1e-4)
    return one


def folders(one, purpose=Purpose.SEARCH):
    return [record.plan.folder for record in records(one) if record.plan.purpose is purpose]


def test_damaged_records_are_set_aside_and_the_same_trials_trained_once_more(undisturbed, copied):
    first, second, third, fourth = folders(undisturbed)
    flip(copied / first / "trial.json")
    lines = (copied / second / "epochs.jsonl").read_bytes().splitlines(keepends=True)
    (copied / second / "epochs.jsonl").write_bytes(b"".join(lines[:-1]))
    (copied / third / "trial.json").unlink()
    (copied / fourth / "epochs.jsonl").write_bytes(b"")
    with pytest.raises(study.InputError, match=rf"`study resume {copied}` sets it aside and trains the trial anew"):
        Study.open(copied).status()
    one = resumed(copied, undisturbed, again=[first, second, third, fourth])
    log = (copied / "study.log").read_text()
    for folder in (first, second, third, fourth):
        assert (copied / "damaged" / folder).is_dir()
        assert f"; set aside to damaged/{folder}, the trial is trained anew\n" in log
    assert not [path for path in (copied / "damaged").rglob("*") if "tfevents" in path.name], "TensorBoard reads it"
    assert one.status().phase == "done"
    assert [path.name for path in (copied / "damaged").iterdir()] == ["trials"], "the database is sound"


def test_a_damaged_assessment_is_said_where_it_is_asked_for_and_trained_anew(undisturbed, copied, tmp_path):
    first, second = folders(undisturbed, Purpose.ASSESSMENT)
    for folder in (first, second):
        flip(copied / folder / "checkpoint/trained.safetensors")
    (copied / first / "checkpoint/predictions.safetensors").write_bytes(b"")
    one = Study.open(copied)
    arm = one.arms[0].id
    remedy = rf"`study resume {copied}` sets the assessment aside and trains it anew"
    with pytest.raises(study.InputError, match=rf"trained.safetensors does not have the checksum.*; {remedy}"):
        one.export(arm, tmp_path / "model")
    findings = one.findings()
    [said] = findings.damaged
    assert (
        said
        == f"checkpoint {copied / first}/checkpoint is damaged: predictions.safetensors has 0 bytes, not "
        + str((undisturbed.directory / first / "checkpoint/predictions.safetensors").stat().st_size)
    )
    written = CliRunner().invoke(app, ["report", str(copied), "-o", str(tmp_path / "report.html")])
    assert written.exit_code == 0, written.exception
    assert f"left out: {said}; `study resume" in written.stderr.replace("\n", " ")
    assert said in (tmp_path / "report.html").read_text()
    one = resumed(copied, undisturbed, again=[first, second])
    assert one.findings().damaged == ()
    before, after = (ran.export(arm, tmp_path / name) for name, ran in (("before", undisturbed), ("after", one)))
    net = resolve("parts.py:small_net", root=OWN)
    expected, found = (study.load_model(folder, backbone=net) for folder in (before, after))
    for name, value in expected.state_dict().items():
        assert found.state_dict()[name].allclose(value, atol=1e-4), name


def damaged_by(how, path):
    content = path.read_bytes()
    if how == "flipped":
        flip(path, at=0.8)
    elif how == "cut short":
        lines = content.splitlines(keepends=True)  # at the end of a line what is left is still valid YAML
        path.write_bytes(b"".join(lines[: len(lines) // 2]) if len(lines) > 1 else content[:-9])
    elif how == "emptied":
        path.write_bytes(b"")
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["flipped", "cut short", "emptied", "gone"])
@pytest.mark.parametrize("name", ["spec.yaml", "root.json"])
def test_a_damaged_file_that_says_what_the_study_is_is_named_in_one_error(undisturbed, copied, name, how):
    damaged_by(how, copied / name)
    with pytest.raises(study.InputError) as caught:
        Study.open(copied)
    [problem] = caught.value.problems
    assert name in str(problem)
    remedied = undisturbed.directory / "spec.yaml"
    if name == "spec.yaml":
        shutil.copy(remedied, copied)
    else:
        Study(remedied, copied, root=OWN)
    assert Study.open(copied).spec == undisturbed.spec
    assert Study.open(copied).root == OWN


def test_a_spec_and_a_root_of_an_earlier_version_are_read_as_they_are(undisturbed, copied):
    (copied / "spec.yaml").write_text(dump_spec(undisturbed.spec))
    (copied / "root.json").write_text(json.dumps({"root": str(OWN)}))
    again = Study.open(copied)
    assert (again.spec, again.root) == (undisturbed.spec, OWN)


def test_a_damaged_database_is_made_again_from_the_records(undisturbed, copied):
    flip(copied / "optuna.db", at=0)
    with pytest.raises(study.InputError, match=rf"optuna.db: is damaged .*; `study resume {copied}` makes it again"):
        Study.open(copied).findings()
    resumed(copied, undisturbed, again=[])
    assert (copied / "damaged/optuna.db").is_file()
    said = "set aside to damaged/optuna.db, made again from the records"
    assert said in (copied / "study.log").read_text()
    assert told(copied) == told(undisturbed.directory)


def test_a_database_that_cannot_be_made_again_is_left_and_named(copied):
    flip(copied / "optuna.db", at=0)
    flip(copied / "asked.jsonl", at=0)
    before = (copied / "optuna.db").read_bytes()
    with pytest.raises(study.InputError) as caught:
        Study.open(copied).resume(quiet=True)
    database, asked = map(str, caught.value.problems)
    assert database.startswith(f"{copied}/optuna.db: is damaged")
    assert asked.startswith(f"{copied}/asked.jsonl:1: the line was damaged")
    assert (copied / "optuna.db").read_bytes() == before


def told(directory):
    """Return what Optuna knows of a study's trials."""
    known = optuna.load_study(study_name="own/fine_tuning/small_net/digit", storage=f"sqlite:///{directory}/optuna.db")
    return [(trial.state, trial.values, trial.params, trial.intermediate_values) for trial in known.trials]


HOWS = ("flipped", "cut short", "emptied", "gone")
NAMES = (
    "trial.json",
    "epochs.jsonl",
    "assessment trial.json",
    "assessment epochs.jsonl",
    "checkpoint/trained.safetensors",
    "checkpoint/optimizer.pt",
    "checkpoint/progress.json",
    "checkpoint/predictions.safetensors",
    "checkpoint/robustness.json",
    "checkpoint/manifest.json",
    "events",
    "optuna.db",
    "asked.jsonl",
)
EVERY = os.environ.get("DAMAGE") == "every"
"""Whether every file is damaged in every way; otherwise one of each sort, in one of them."""
ALIKE = {
    "assessment epochs.jsonl",
    "checkpoint/optimizer.pt",
    "checkpoint/progress.json",
    "checkpoint/predictions.safetensors",
    "checkpoint/robustness.json",
}
"""Noticed by what notices others too: a record's checksums, or a checkpoint's manifest."""
CASES = [
    (name, how)
    for place, name in enumerate(NAMES)
    for number, how in enumerate(HOWS)
    if EVERY or (name not in ALIKE and place % len(HOWS) == number)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how"), CASES)
def test_whatever_is_damaged_resuming_mends_it_and_nothing_else_is_run_again(undisturbed, copied, name, how):
    search, assessment = folders(undisturbed)[1], folders(undisturbed, Purpose.ASSESSMENT)[0]
    file = name.rpartition(" ")[2]
    if name in ("optuna.db", "asked.jsonl"):
        path, again = copied / name, []
    elif name == "events":
        [path], again = (copied / search).glob("*tfevents*"), []
    elif name.startswith(("assessment", "checkpoint")):
        path, again = copied / assessment / file, [assessment]
    else:
        path, again = copied / search / file, [search]
    damaged_by(how, path)
    resumed(copied, undisturbed, again=again)
    assert told(copied) == told(undisturbed.directory)
    found, expected = (
        Counter((event.step, value.tag) for event in read_events(folder / search) for value in event.summary.value)
        for folder in (copied, undisturbed.directory)
    )
    assert found == expected
