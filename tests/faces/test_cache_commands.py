"""`study cache`: what a person sees of the cache, removes from it and checks in it."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from study.faces.command_line import app
from study.learning.cache import CacheFolder, open_entry
from study.learning.cache.room import NoRoomError, reserve
from study.values.problems import InputError


@pytest.fixture
def folder(tmp_path):
    """Two entries, one used long ago, beside what is no entry."""
    cache = CacheFolder(path=tmp_path / "cache", limit_gib=1)
    for kind, key, days in (("images", "old", 10), ("features", "new", 0)):
        content = np.ones((3, 500), dtype=np.float32)
        path = cache.entry(kind, key)
        open_entry(cache, path, shape=content.shape, dtype=np.float32, chunks=lambda content=content: [content])
        then = time.time() - days * 86400
        os.utime(path, (then, then))
    (cache.path / "mirrors" / "study").mkdir(parents=True)
    (cache.path / "mirrors" / "study" / "weights.npy").write_bytes(b"no entry")
    return cache.path


def typed(*arguments, **more):
    return CliRunner().invoke(app, ["cache", *map(str, arguments)], **more)


def keys(folder):
    return [entry["entry"] for entry in json.loads(typed("ls", "--dir", folder, "--json").stdout)]


def test_ls_shows_what_is_kept_least_recently_used_first(folder):
    output = typed("ls", "--dir", folder).output
    assert "float32 3 x 500" in output
    assert f"2 entries of 12 KiB in {folder}" in output
    rows = json.loads(typed("ls", "--dir", folder, "--json").stdout)
    assert [(row["kind"], row["entry"], row["shape"], row["dtype"]) for row in rows] == [
        ("images", "old", [3, 500], "float32"),
        ("features", "new", [3, 500], "float32"),
    ]
    assert rows[0]["used_at"] < rows[1]["used_at"]


def test_ls_starts_without_torch(folder):
    code = (
        "import sys; from typer.testing import CliRunner; from study.faces.command_line import app;"
        f"assert CliRunner().invoke(app, ['cache', 'ls', '--dir', {str(folder)!r}]).exit_code == 0;"
        "print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_the_default_folder_is_looked_at_where_none_is_named(folder, monkeypatch):
    monkeypatch.setenv("STUDY_CACHE_DIR", str(folder))
    assert str(folder) in typed("ls").output
    monkeypatch.setenv("STUDY_CACHE_DIR", str(folder / "gone"))
    assert "0 entries" in typed("ls").output, "nothing was kept yet"


def test_clear_removes_by_age_and_asks_first(folder):
    assert typed("clear", "--dir", folder, "--older-than", "9d", input="n\n").exit_code == 1
    assert keys(folder) == ["old", "new"]
    result = typed("clear", "--dir", folder, "--older-than", "9d", input="y\n")
    assert "remove 1 entry of 6.01 KiB" in result.output
    assert keys(folder) == ["new"]


def test_clear_removes_everything_but_what_is_no_entry(folder):
    assert typed("clear", "--dir", folder, "--all", "--yes").exit_code == 0
    assert keys(folder) == []
    assert (folder / "mirrors" / "study" / "weights.npy").exists()
    assert not list(folder.rglob("*.npy.lock"))


def test_what_lies_behind_a_link_is_neither_removed_nor_counted(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "features").rename(outside / "features")
    (folder / "features").symlink_to(outside / "features")
    (outside / "mine.npy").write_bytes(b"mine")
    (folder / "images" / "linked.npy").symlink_to(outside / "mine.npy")
    (outside / "features" / "half.host.1.abc.partial").touch()
    os.utime(outside / "features" / "half.host.1.abc.partial", (0, 0))
    assert set(keys(folder)) == {"linked", "old"}
    assert typed("verify", "--dir", folder).exit_code == 1, "what is linked is no entry"
    assert typed("clear", "--dir", folder, "--all", "--yes").exit_code == 0
    left = ["half.host.1.abc.partial", "mine.npy", "new.npy", "new.npy.lock"]
    assert sorted(path.name for path in outside.rglob("*.*")) == left
    with pytest.raises(NoRoomError, match="features is a link"):
        reserve(CacheFolder(path=folder, limit_gib=1e-6), folder / "features" / "more.npy", 1000)
    assert (outside / "features" / "new.npy").exists(), "it made no room there either"


def test_a_linked_cache_folder_is_the_one_that_it_leads_to(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "mine.npy").write_bytes(b"mine")
    assert keys(tmp_path / "link") == ["old", "new"]
    assert typed("clear", "--dir", tmp_path / "link", "--all", "--yes").exit_code == 0
    assert keys(folder) == []
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "mine.npy").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["clear", "--dir", "."], "--older-than AGE or --all"),
        (["clear", "--dir", ".", "--all", "--older-than", "9d"], "--older-than AGE or --all"),
        (["clear", "--dir", ".", "--older-than", "9 weeks"], "12h or 30d"),
        (["ls", "--dir", "gone"], "no such folder: gone"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    error = typed(*arguments).exception
    assert isinstance(error, InputError)
    assert message in str(error)


def test_verify_passes_sound_entries_and_does_not_count_as_use(folder):
    before = typed("ls", "--dir", folder, "--json").stdout
    result = typed("verify", "--dir", folder)
    assert (result.exit_code, "all sound" in result.output) == (0, True)
    assert typed("ls", "--dir", folder, "--json").stdout == before


def test_verify_finds_and_removes_what_is_damaged(folder):
    path = folder / "features" / "new.npy"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    result = typed("verify", "--dir", folder, "--keep")
    assert (result.exit_code, "does not have the checksum" in result.output) == (1, True)
    assert keys(folder) == ["old", "new"]
    assert typed("verify", "--dir", folder).exit_code == 1
    assert keys(folder) == ["old"]
    assert typed("verify", "--dir", folder).exit_code == 0
