"""Whatever a file holds, its reader returns, or raises the one error that is documented; with no code run, no hang.

`./scripts/fuzz` tries a hundred thousand inputs a reader.
"""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from mutations import contents, fuzzed, mutated
from targets import SLOW, TARGETS, takes

from study.adapters.tensorboard.event_files import event_file, needs_rewriting
from study.values.spec.reading import read_string

MEMORY = Path("/dev/shm")


@pytest.fixture(params=TARGETS)
def target(request):
    # In memory, where there is such a folder: the disk would take most of the time.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        made = TARGETS[request.param](Path(folder))
        made.name = request.param
        yield made


def _fuzz(target, examples):
    assert target.path.parent.is_dir()

    @fuzzed(examples)
    @given(contents(*target.real))
    def one(content):
        takes(target, content)

    one()


def _fuzz_fast(target, examples, seed):
    chance = random.Random(seed)
    for _ in range(examples):
        takes(target, mutated(chance, target.real))


def test_whatever_a_file_holds_its_reader_says_so(target):
    _fuzz(target, 25 if target.name in SLOW else 100)


def test_it_does_so_for_many_more_that_are_drawn_fast(target):
    _fuzz_fast(target, 20 if target.name in SLOW else 400, seed=7)


@pytest.mark.slow
def test_it_does_so_for_thousands(target):
    _fuzz_fast(target, 50 if target.name in SLOW else 1000, seed=8)


@pytest.mark.parametrize(
    "text",
    [
        "seed: 0x" + "f" * 6000,
        "seed: 1" + ":1" * 300_000,
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 60)),
        "a: &a [*a]",
        "a: " + "{" * 100_000,
        "- " * 500_000,
        "a: !!python/object/apply:os.system ['touch ran']",
        "a: !!python/name:os.system",
        "a: 2001-99-99",
        "a: !!binary '\xe9'",
        "x" * 2**20,
    ],
    ids=lambda text: text[:20],
)
def test_a_spec_made_to_hurt_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_string(text).problems
    assert not list(tmp_path.iterdir())


def test_many_small_events_and_a_large_one_take_no_more_memory_than_they_have(tmp_path):
    """Filled up to the length of the longest they would take 260 MB."""
    import tracemalloc

    from tensorboard.summary.writer.record_writer import RecordWriter

    path = event_file(tmp_path, "x")
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for _ in range(4000):
            writer.write(b"x")
        file.write(b"\0\0\x01\0\0\0\0\0" + bytes(4 + 2**16 + 4))
    tracemalloc.start()
    assert needs_rewriting([tmp_path], [])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 2**20
