"""The bound on a cache folder: what was used least recently makes place, what is in use stays."""

import multiprocessing
import os
import shutil
import time
from collections import namedtuple

import numpy as np
import pytest

from study.learning.cache import CacheFolder, NoRoomError, open_entry
from study.learning.cache.contents import kept_entries
from study.learning.cache.locks import claim
from study.learning.cache.partial import is_abandoned, partial_path

KIB = 1024
GIB = 2**30
Disk = namedtuple("Disk", "total used free")


def open_kib(folder, key, *, limit_kib, kib=64, kind="features"):
    """Open an entry of about `kib` KiB in a folder that may hold `limit_kib`."""
    cache = CacheFolder(path=folder, limit_gib=limit_kib * KIB / GIB)
    shape = (kib, 248)  # 992 bytes a row: with header and checksum below a KiB a row
    rows = lambda: iter([np.full(shape, 7, dtype=np.float32)])  # noqa: E731
    return open_entry(cache, cache.entry(kind, key), shape=shape, dtype=np.float32, chunks=rows)


def keys(folder):
    return {entry.path.stem for entry in kept_entries(folder)}


def age(entry, seconds):
    """Make an entry look as if it had been used that long ago."""
    then = time.time_ns() - int(seconds * 1e9)
    os.utime(entry.path, ns=(then, then))


def test_the_least_recently_used_make_place_and_no_more_than_needed(tmp_path):
    for key, seconds in {"a": 4000, "b": 3000, "c": 2000}.items():
        age(open_kib(tmp_path, key, limit_kib=200), seconds)
    open_kib(tmp_path, "a", limit_kib=200)  # used again
    open_kib(tmp_path, "d", limit_kib=200)
    assert keys(tmp_path) == {"a", "c", "d"}
    assert not (tmp_path / "features" / "b.npy.lock").exists()


def test_images_and_features_count_together(tmp_path):
    age(open_kib(tmp_path, "a", limit_kib=100, kind="images"), 4000)
    open_kib(tmp_path, "b", limit_kib=100)
    assert keys(tmp_path) == {"b"}


def test_what_was_just_opened_is_not_removed(tmp_path):
    age(open_kib(tmp_path, "a", limit_kib=100), 4000)
    in_use = open_kib(tmp_path, "a", limit_kib=100)
    with pytest.raises(NoRoomError, match="beside what is in use"):
        open_kib(tmp_path, "b", limit_kib=100)
    assert keys(tmp_path) == {"a"}
    age(in_use, 4000)
    in_use.use()
    with pytest.raises(NoRoomError):
        open_kib(tmp_path, "b", limit_kib=100)


def test_nothing_is_removed_for_what_would_not_fit_anyway(tmp_path):
    age(open_kib(tmp_path, "old", limit_kib=100, kib=40), 4000)
    open_kib(tmp_path, "new", limit_kib=100, kib=40)
    with pytest.raises(NoRoomError, match="beside what is in use"):
        open_kib(tmp_path, "large", limit_kib=100, kib=90)
    assert keys(tmp_path) == {"old", "new"}


def test_an_entry_larger_than_the_folder_is_refused_with_the_limit(tmp_path):
    with pytest.raises(NoRoomError, match=r"more than cache_gib = 4.76837e-05 in all"):
        open_kib(tmp_path, "a", limit_kib=50)
    assert keys(tmp_path) == set()


def test_what_is_being_written_counts(tmp_path):
    (tmp_path / "features").mkdir()
    being_written = partial_path(tmp_path / "features" / "other.npy")
    with being_written.open("wb") as file:
        claim(file)
        file.truncate(64 * KIB)
        with pytest.raises(NoRoomError):
            open_kib(tmp_path, "a", limit_kib=100)
    open_kib(tmp_path, "a", limit_kib=100)
    assert not being_written.exists(), "its writer let go of it before it was done"


def test_a_full_disk_makes_the_least_used_go(tmp_path, monkeypatch):
    age(open_kib(tmp_path, "a", limit_kib=1000), 4000)
    used = {"extra": 0}

    def usage(folder):
        held = sum(entry.num_bytes for entry in kept_entries(tmp_path)) + used["extra"]
        return Disk(total=100 * KIB, used=held, free=100 * KIB - held)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    open_kib(tmp_path, "b", limit_kib=1000)
    assert keys(tmp_path) == {"b"}
    used["extra"] = 32 * KIB
    with pytest.raises(NoRoomError, match="GiB of disk to spare"):
        open_kib(tmp_path, "c", limit_kib=1000)
    with pytest.raises(NoRoomError):  # 5 percent of the disk stay free
        open_kib(tmp_path, "d", limit_kib=1000, kib=3)


def write_for_ever(folder, started):
    path = partial_path(folder / "features" / "e.npy")
    with path.open("wb") as file:
        claim(file)
        started.send(path)
        time.sleep(600)


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    (tmp_path / "features").mkdir()
    context = multiprocessing.get_context("fork")
    heard, started = context.Pipe(duplex=False)
    writers = [context.Process(target=write_for_ever, args=(tmp_path, started), daemon=True) for _ in range(2)]
    paths = []
    for writer in writers:
        writer.start()
        paths.append(heard.recv())
    assert not any(map(is_abandoned, paths))
    writers[0].kill()
    writers[0].join()
    open_kib(tmp_path, "a", limit_kib=1000)
    assert [path.exists() for path in paths] == [False, True]
    writers[1].kill()


def test_another_nodes_unfinished_file_is_removed_after_a_day(tmp_path):
    (tmp_path / "features").mkdir()
    path = tmp_path / "features" / "e.another-node.17.0123abcd.partial"
    path.write_bytes(b"")
    open_kib(tmp_path, "a", limit_kib=1000)
    assert path.exists()
    os.utime(path, (0, time.time() - 25 * 3600))
    open_kib(tmp_path, "b", limit_kib=1000)
    assert not path.exists()


def test_the_partial_name_says_who_writes(tmp_path):
    one, other = (partial_path(tmp_path / "0a.npy") for _ in range(2))
    assert one != other
    assert f".{os.getpid()}." in one.name
    assert one.name.count(".") == 4
