"""Cache entries: computed once, never half written, never changed by a reader."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from study.learning.entry import open_entry


def open_ones(path, calls):
    def fill(array):
        with open(calls, "a") as log:
            log.write("x")
        array[:] = 1

    return open_entry(path, shape=(3, 2), dtype=np.float32, fill=fill)


def test_the_second_to_ask_reads_what_the_first_wrote(tmp_path):
    first, first_hit = open_ones(tmp_path / "a" / "e.npy", tmp_path / "calls")
    second, second_hit = open_ones(tmp_path / "a" / "e.npy", tmp_path / "calls")
    assert (first_hit, second_hit) == (False, True)
    assert (tmp_path / "calls").read_text() == "x"
    assert first.tolist() == second.tolist() == [[1, 1]] * 3


def test_writing_to_what_was_read_leaves_the_file_alone(tmp_path):
    tensor, _ = open_ones(tmp_path / "e.npy", tmp_path / "calls")
    tensor += 5
    again, _ = open_ones(tmp_path / "e.npy", tmp_path / "calls")
    assert again.tolist() == [[1, 1]] * 3


def test_a_fill_that_fails_leaves_no_entry(tmp_path):
    def fail(array):
        array[0] = 7
        raise RuntimeError("unreadable image")

    with pytest.raises(RuntimeError, match="unreadable image"):
        open_entry(tmp_path / "e.npy", shape=(3, 2), dtype=np.float32, fill=fail)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []
    assert open_ones(tmp_path / "e.npy", tmp_path / "calls")[0].tolist() == [[1, 1]] * 3


def _ask(folder: Path) -> None:
    open_ones(folder / "e.npy", folder / "calls")


def test_processes_asking_at_once_fill_it_once(tmp_path):
    context = multiprocessing.get_context("fork")
    asking = [context.Process(target=_ask, args=(tmp_path,)) for _ in range(6)]
    for process in asking:
        process.start()
    for process in asking:
        process.join()
    assert [process.exitcode for process in asking] == [0] * 6
    assert (tmp_path / "calls").read_text() == "x"
