"""A study directory whose making broke off, by a death or a full disk, is made after all; any other is left alone."""

import os

import pytest
from builders import spec
from small_disk import fill, needs_mount, small_disk

from study.orchestration.places import study_directory
from study.values.problems import InputError


def test_a_directory_that_was_full_when_it_was_to_be_made_is_made_later(tmp_path):
    directory = study_directory(tmp_path / "run")
    (tmp_path / "run").mkdir()
    for name in (".lock", "root.json", "root.json.partial", "spec.yaml.partial"):
        (tmp_path / "run" / name).touch()
    directory.create(spec(), tmp_path)
    assert directory.spec() == spec()
    assert directory.root() == tmp_path
    assert sorted(os.listdir(tmp_path / "run")) == [".lock", "root.json", "spec.yaml"]


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "root.json").touch()
    (tmp_path / "mine.txt").touch()
    with pytest.raises(InputError, match=r"no study directory and not empty \(mine.txt"):
        study_directory(tmp_path).create(spec(), tmp_path)


@needs_mount
def test_a_full_disk_is_named_and_leaves_nothing_in_the_way(tmp_path):
    with small_disk(tmp_path / "disk", kib=64) as disk:
        directory = study_directory(disk / "run")
        filler = fill(disk)
        with pytest.raises(InputError, match=r"cannot write to .*run: No space left on device"):
            directory.create(spec(), tmp_path)
        filler.unlink()
        directory.create(spec(), tmp_path)
        filler = fill(disk)
        with pytest.raises(InputError, match=r"cannot write to .*run: No space left on device"):
            directory.replace(spec(name="other"), tmp_path)
        filler.unlink()
        assert directory.spec() == spec()


def test_what_broke_off_at_a_url_is_made_later(s3, tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE_DIR", str(tmp_path))
    s3.client.put_object(Bucket="bucket", Key="runs/begun/root.json", Body=b"{}")
    directory = study_directory(s3.url("runs/begun"))
    directory.create(spec(), tmp_path)
    assert directory.spec() == spec()
