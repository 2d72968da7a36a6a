"""Cache entries: computed once, never half written, checked when opened, never changed by a reader."""

import fcntl
import multiprocessing
import os
import zlib

import numpy as np
import pytest

from study.learning.cache import CacheFolder, NoRoomError, open_entry
from study.learning.cache.contents import kept_entries

SHAPE = (6, 50)


def open_ones(folder, key="e", *, value=1, limit_gib=1.0):
    """Open an entry full of one value, noting in `calls` each time that it is computed."""
    cache = CacheFolder(path=folder / "cache", limit_gib=limit_gib)

    def chunks():
        with open(folder / "calls", "a") as log:
            log.write(key)
        for rows in (2, 2, 2):
            yield np.full((rows, *SHAPE[1:]), value, dtype=np.float32)

    return open_entry(cache, cache.entry("features", key), shape=SHAPE, dtype=np.float32, chunks=chunks)


def calls(folder):
    return (folder / "calls").read_text()


def is_ones(entry):
    return entry.values.shape == SHAPE and bool((entry.values == 1).all())


def test_the_second_to_ask_reads_what_the_first_wrote(tmp_path):
    first, second = open_ones(tmp_path), open_ones(tmp_path)
    assert (first.hit, second.hit) == (False, True)
    assert calls(tmp_path) == "e"
    assert is_ones(first)
    assert is_ones(second)


def test_any_program_reads_it_as_a_numpy_file(tmp_path):
    path = open_ones(tmp_path).path
    for mode in (None, "r"):
        assert (np.load(path, mmap_mode=mode, allow_pickle=False) == np.ones(SHAPE)).all()


def test_writing_to_what_was_read_leaves_the_file_alone(tmp_path):
    open_ones(tmp_path).values[:] = 5
    assert is_ones(open_ones(tmp_path))


def test_a_computation_that_fails_leaves_no_entry(tmp_path):
    cache = CacheFolder(path=tmp_path / "cache", limit_gib=1)

    def fail():
        yield np.ones((2, 50), dtype=np.float32)
        raise RuntimeError("unreadable image")

    with pytest.raises(RuntimeError, match="unreadable image"):
        open_entry(cache, cache.entry("features", "e"), shape=SHAPE, dtype=np.float32, chunks=fail)
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix != ".lock"] == []
    assert is_ones(open_ones(tmp_path))


def flip(path, at):
    with path.open("r+b") as file:
        file.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 4]))


DAMAGES = {
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "a byte short": lambda path: os.truncate(path, path.stat().st_size - 1),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0" * 8),
    "empty": lambda path: os.truncate(path, 0),
    "a bit of the data": lambda path: flip(path, 128 + 4 * 77 + 1),
    "the last bit of the data": lambda path: flip(path, -25),
    "the first bit": lambda path: flip(path, 0),
    "a bit of the header's shape": lambda path: flip(path, path.read_bytes().index(b"50")),
    "the checksum": lambda path: flip(path, -1),
    "zeros, as after a power failure": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "another array": lambda path: np.save(path.open("wb"), np.ones(SHAPE, dtype=np.float32)),
    "another type": lambda path: np.save(path.open("wb"), np.ones(SHAPE, dtype=np.float64)),
}


def _ask(folder, key="e"):
    assert is_ones(open_ones(folder, key))


def in_processes(target, arguments):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=target, args=given) for given in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_computed_again(tmp_path, damage):
    in_processes(_ask, [(tmp_path,)])  # another process, so that this one has checked nothing yet
    path = tmp_path / "cache" / "features" / "e.npy"
    sound = path.read_bytes()
    DAMAGES[damage](path)
    [kept] = kept_entries(tmp_path / "cache")
    assert kept.damage() is not None
    again = open_ones(tmp_path)
    assert not again.hit
    assert is_ones(again)
    assert path.read_bytes() == sound
    assert kept_entries(tmp_path / "cache")[0].damage() is None


def test_damage_after_the_check_is_found_when_the_file_was_written_to(tmp_path):
    path = open_ones(tmp_path).path
    assert open_ones(tmp_path).hit
    flip(path, 200)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))  # clocks of file systems are coarse
    assert not open_ones(tmp_path).hit


def test_the_content_is_read_once_a_process(tmp_path, monkeypatch):
    in_processes(_ask, [(tmp_path,)])
    read = []
    crc32 = zlib.crc32
    monkeypatch.setattr(zlib, "crc32", lambda data, *start: read.append(len(data)) or crc32(data, *start))
    open_ones(tmp_path)
    num_bytes = sum(read)
    assert num_bytes > 6 * 50 * 4
    open_ones(tmp_path)
    assert sum(read) == num_bytes


def test_processes_asking_at_once_compute_each_entry_once(tmp_path):
    in_processes(_ask, [(tmp_path, key) for key in "abc" * 3])
    assert sorted(calls(tmp_path)) == ["a", "b", "c"]


def test_where_files_cannot_be_locked_entries_are_right_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    in_processes(_ask, [(tmp_path,)] * 4)
    assert set(calls(tmp_path)) == {"e"}
    assert [entry.damage() for entry in kept_entries(tmp_path / "cache")] == [None]


def test_an_entry_that_is_removed_while_open_reads_on(tmp_path):
    entry = open_ones(tmp_path)
    kept_entries(tmp_path / "cache")[0].remove()
    assert is_ones(entry)
    entry.use()
    assert not open_ones(tmp_path).hit


def test_a_full_disk_is_no_room_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(NoRoomError, match="No space left"):
        open_ones(tmp_path)
    assert [path for path in (tmp_path / "cache" / "features").iterdir() if path.suffix != ".lock"] == []
