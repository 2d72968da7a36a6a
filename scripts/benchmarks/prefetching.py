"""Epochs whose batches are fetched ahead by a thread (ours) beside those that read them when they are wanted (theirs).

Photographs as JPEG files, under a ResNet-18 at 64 pixels that is trained whole or only run; on a GPU where there is
one, on CPU threads otherwise. Pixels are mapped from the disk and in memory already, or thrown out of memory before
every epoch, or there is no room to keep them and every epoch decodes the files. The last row has fetching ahead off on
the left: an epoch of batches of cached features through the code that could fetch ahead, or read directly.

    python scripts/benchmarks/prefetching.py [--quick] [--json FILE] [--dir FOLDER] [--pairs N] [--threads N]
"""

from __future__ import annotations

import argparse
import mmap
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torchvision
from adaptation import data
from table import Row, options_of, report, row

from study.learning.feature_cache import FeatureCache
from study.learning.image_store import ImageStore
from study.learning.prefetching import batches
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose, TrialPlan
from study.values.spec import StudySpec

PHOTO_SIZE = 256
NUM_STAGES = 5
WORK = {"all stages trained": 0, "a head trained": NUM_STAGES}
"""Freezing depths; features are not cached, so that images are read at both."""


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="few photographs", pairs=5)
    parser.add_argument("--dir", type=Path, help="folder on the disk in question (default: a temporary one)")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        _write(Path(folder), 160 if options.quick else 640)
        report(_rows(Path(folder), options), options.json)


def _write(folder: Path, num_photos: int) -> None:
    """Write weights and photographs of two kinds: smooth noise, so that a file is as large as a photograph's."""
    torch.manual_seed(0)
    torch.save(torchvision.models.resnet18().state_dict(), folder / data.WEIGHTS)
    for number in range(num_photos):
        kind = folder / "photos" / ("left", "right")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        coarse = torch.rand(1, 3, 32, 32)
        photo = torch.nn.functional.interpolate(coarse, size=(PHOTO_SIZE, PHOTO_SIZE), mode="bicubic")
        torchvision.io.write_jpeg((photo[0].clamp(0, 1) * 255).byte(), str(kind / f"{number}.jpg"))


def _rows(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    for work, depth in WORK.items():
        for place in ("in memory", "on the disk", "decoded"):
            cache_gib = 0.0 if place == "decoded" else 1.0
            trial = Trial(_plan(folder, depth, cache_gib, options.threads), Materials())
            forget = _evicting(trial) if place == "on the disk" else lambda: None
            timed = [_epoch(trial, forget, ahead) for ahead in (True, False)]
            for run in timed:
                run()  # the first is slow: kernels are chosen, memory is asked for
            found = [(timed[0](), timed[1]()) for _ in range(options.pairs)]
            yield row(f"{work}, pixels {place}: seconds an epoch", found)
    values = FeatureCache(torch.rand(20_000, 512), hit=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    parts = torch.randperm(len(values.values)).split(32)

    def through() -> None:
        with batches(values, parts, device, ahead=False) as read:
            for _ in read:
                pass

    def directly() -> None:
        for rows in parts:
            values.batch(rows, device)

    found = [(_seconds(through), _seconds(directly)) for _ in range(options.pairs)]
    yield row("off: seconds an epoch of batches of features, through it or directly", found)


def _epoch(trial: Trial, forget: Callable[[], None], ahead: bool) -> Callable[[], float]:
    """Return what trains an epoch and returns its seconds."""
    streams = [replace(stream, ahead=ahead) for stream in trial.learner.streams]

    def run() -> float:
        trial.learner.streams = streams
        forget()
        return _seconds(trial.train_epoch)

    return run


def _evicting(trial: Trial) -> Callable[[], None]:
    """Return what throws a trial's pixels out of memory, this process's pages and the system's."""
    store = trial.learner.streams[0].inputs
    assert isinstance(store, ImageStore)
    assert store._entry is not None, "there is room to keep them"
    mapped, path = store._entry.values, store._entry.path

    def evict() -> None:
        mapped._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]
        file = os.open(path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)

    return evict


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _plan(folder: Path, depth: int, cache_gib: float, threads: int) -> TrialPlan:
    spec = StudySpec.model_validate(
        {
            "name": "prefetching",
            "protocols": ["fine_tuning"],
            "backbones": [{"source": "resnet18", "weights": data.WEIGHTS, "image_size": data.IMAGE_SIZE}],
            "tasks": [{"name": "side", "data": "folder:photos"}],
        }
    )
    values = {"freezing_depth": depth, "head_learning_rate": 1e-3, "batch_size": 32}
    if depth < NUM_STAGES:
        values["backbone_learning_rate"] = 1e-4
    return TrialPlan(
        purpose=Purpose.SEARCH,
        number=0,
        arm=build_arms(spec)[0],
        arm_number=0,
        hyperparameters=Hyperparameters.model_validate(values),
        seed=0,
        split_seed=0,
        epochs=1000,
        num_threads=threads,
        num_gpus=1 if torch.cuda.is_available() else 0,
        root=str(folder),
        cache_dir=str(folder / "cache"),
        cache_gib=cache_gib,
        feature_cache_gib=0,
    )


if __name__ == "__main__":
    main()
