"""No name in a record, a spec, a manifest, an index or a bucket leads out of the study directory."""

import json
import os

import builders
import pytest
from concluded import concluded

from study.adapters.record_store import RecordStore
from study.learning.manifest import DamagedCheckpointError, check_manifest
from study.orchestration.directory import StudyDirectory
from study.orchestration.study import Study
from study.values.problems import InputError
from study.values.spec.reading import read_string
from study.values.states import TrialState

LEADING_OUT = ["..", "../out", "a/../../out", "/etc", "~/out"]


@pytest.fixture
def one(tmp_path):
    return concluded(tmp_path / "run", {"good": 0.9}, trials=2, seeds=2, examples=50)


@pytest.mark.parametrize("name", LEADING_OUT)
def test_a_checkpoint_elsewhere_is_no_record(tmp_path, name):
    store = RecordStore(tmp_path / "run")
    record = builders.record(1, state=TrialState.COMPLETE)
    store.write(record.model_copy(update={"checkpoint": name}))
    with pytest.raises(InputError, match=r"trial.json: .*checkpoint: .* is no folder within the study directory"):
        store.read_all()
    assert set(store.damaged()) == {record.plan.folder}


@pytest.mark.parametrize("name", [*LEADING_OUT, "a/b", "."])
def test_a_spec_names_nothing_that_is_no_name(name):
    text = "name: {0}\nbackbones: [{{source: resnet18, name: {1}}}]\ntasks: [{{name: {2}, data: digits}}]"
    for place in range(3):
        names = ["a", "b", "c"]
        names[place] = json.dumps(name)
        problems = read_string(text.format(*names)).problems
        assert any("must begin with a letter or digit" in problem.message for problem in problems)


@pytest.mark.parametrize("name", [*LEADING_OUT, "a/b", "", "x" * 256])
def test_a_manifest_names_files_of_its_checkpoint_alone(tmp_path, name):
    (tmp_path / "manifest.json").write_text(json.dumps({"of": None, "files": {name: {"bytes": 1, "crc32": 1}}}))
    with pytest.raises(DamagedCheckpointError, match=r"names .*, which is no file|is missing"):
        check_manifest(tmp_path)


@pytest.mark.parametrize("name", ["..", "../x", "/etc", "."])
def test_the_record_store_writes_and_reads_within_its_directory(tmp_path, name):
    with pytest.raises(InputError, match="is no place for a record"):
        RecordStore(tmp_path / "run").read(name)


def test_links_that_lead_out_are_not_gone_into(one, tmp_path):
    outside = tmp_path / "outside"
    store = RecordStore(one.directory)
    [first, *_] = store.read_all()
    (one.directory / first.plan.folder).rename(outside)
    (one.directory / first.plan.folder).symlink_to(outside)
    before = {path.name: path.read_bytes() for path in outside.iterdir() if path.is_file()}
    assert first.plan.folder not in {record.plan.folder for record in store.read_all()}
    with pytest.raises(InputError, match="is no place for a record"):
        store.read(first.plan.folder)
    with pytest.raises(InputError, match="is no place for a record"):
        store.write(first)
    assert {path.name: path.read_bytes() for path in outside.iterdir() if path.is_file()} == before


def test_what_is_set_aside_is_the_link_and_not_what_it_leads_to(one, tmp_path):
    outside = tmp_path / "kept"
    outside.write_text("kept")
    [first, *_] = RecordStore(one.directory).read_all()
    file = one.directory / first.plan.folder / "trial.json"
    file.unlink()
    file.symlink_to(outside)
    store = RecordStore(one.directory)
    assert set(store.damaged()) == {first.plan.folder}
    place = StudyDirectory(one.directory).set_aside(first.plan.folder)
    assert (one.directory / place / "trial.json").is_symlink()
    assert outside.read_text() == "kept"
    assert Study.open(one.directory).status()


def test_what_is_set_aside_stays_in_the_directory(one, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (one.directory / "damaged").symlink_to(tmp_path / "elsewhere")
    [first, *_] = RecordStore(one.directory).read_all()
    with pytest.raises(InputError, match="leads out of the study directory"):
        StudyDirectory(one.directory).set_aside(first.plan.folder)
    assert not os.listdir(tmp_path / "elsewhere")
    assert (one.directory / first.plan.folder).is_dir()


def test_an_object_whose_name_leads_out_is_not_brought(tmp_path):
    """A bucket's names are any text; a real file system in its place has none such, so its listing is made to."""
    from pyarrow.fs import FileInfo, FileType

    from study.adapters.remote.object_store import _below

    for name in ("run/../../out", "run/trials/../../../out"):
        with pytest.raises(InputError, match=r"has `\.\.` in its name"):
            _below("run", FileInfo(name, FileType.File))
    assert _below("run", FileInfo("run/a..b/c", FileType.File)) == "a..b/c"
