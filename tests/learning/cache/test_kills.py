"""SIGKILL at random moments: whatever is in the cache afterwards is what was meant to be there."""

import multiprocessing
import random
import signal
import time

import numpy as np

import study.learning.cache.room as room
from study.learning.cache import CacheFolder, find_entry, open_entry
from study.learning.cache.contents import bytes_being_written, kept_entries

NUM_KILLS = 50
SHAPE = (48, 1000)
LIMIT_GIB = 40 * 48 * 4000 / 2**30
"""Room for 40 entries: removing goes on as well."""


def content(key):
    """Return what an entry is meant to hold: told by its name."""
    return np.random.default_rng(int(key)).standard_normal(SHAPE, dtype=np.float32)


def fill(folder, first):
    """Compute entries without end, in parts."""
    cache = CacheFolder(path=folder, limit_gib=LIMIT_GIB)
    for number in range(first, first + 100_000):
        key = str(number % 60)
        open_entry(
            cache,
            cache.entry("features", key),
            shape=SHAPE,
            dtype=np.float32,
            chunks=lambda key=key: iter(np.split(content(key), 12)),
        )


def test_a_kill_at_any_moment_leaves_no_wrong_entry(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_GRACE_S", 0.0)
    context = multiprocessing.get_context("fork")
    chance = random.Random(0)
    # Two at a time, on the same entries: one of them is waiting, reading or removing when the other dies.
    running = []
    for kill in range(NUM_KILLS):
        while len(running) < 2:
            running.append(context.Process(target=fill, args=(tmp_path, 3 * kill), daemon=True))
            running[-1].start()
        time.sleep(chance.uniform(0, 0.1))
        victim = running.pop(0)
        victim.kill()
        victim.join()
        assert victim.exitcode == -signal.SIGKILL, "it was at work"
        check(tmp_path)
    running[0].kill()
    running[0].join()
    assert len(kept_entries(tmp_path)) > 10, "something was computed between kills"
    cache = CacheFolder(path=tmp_path, limit_gib=LIMIT_GIB)
    open_entry(cache, cache.entry("features", "99"), shape=SHAPE, dtype=np.float32, chunks=lambda: [content("99")])
    assert bytes_being_written(tmp_path) == 0, "what the dead left is removed"


def check(folder):
    for kept in kept_entries(folder):
        assert kept.damage() is None, kept.path  # nor where the other process has removed it by now
        entry = find_entry(kept.path, shape=SHAPE, dtype=np.float32)
        if entry is not None:
            assert np.array_equal(entry.values, content(kept.path.stem)), kept.path
