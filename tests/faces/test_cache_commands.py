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
