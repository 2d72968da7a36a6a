"""What the feature cache costs and gains: its parts one by one, on ResNet-18 and this machine's disk.

    python scripts/benchmarks/feature_cache.py [--quick] [--json FILE] [--dir FOLDER] [--pairs N]

Every row is the median over pairs of runs, one after the other: `ours` and `theirs` in seconds, `ratio` how many times
faster ours is. The network has random weights from a file, images are digits, drawn at 64 pixels.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from table import Row, options_of, report, row
from torchvision import models

from study.learning.cache import CacheFolder, open_entry
from study.learning.cache.contents import kept_entries
from study.parts.backbones import build_backbone, weights_digest
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose, TrialPlan
from study.values.spec import StudySpec

MIB = 2**20
CUT = 5
"""All stages of ResNet-18."""


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="fewer images, smaller arrays", pairs=5)
    parser.add_argument("--dir", type=Path, help="folder on the disk in question (default: a temporary one)")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        measures = (_checksum, _memory, _digests, _set_up, _deeper, _epochs)
        report((found for measure in measures for found in measure(Path(folder), options)), options.json)


def _row(name: str, ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> Row:
    return row(name, [(_seconds(ours), _seconds(theirs)) for _ in range(pairs)])


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _checksum(folder: Path, options: argparse.Namespace) -> list[Row]:
    size = 128 if options.quick else 512
    data = np.random.default_rng(0).integers(0, 255, size * MIB, dtype=np.uint8)
    name = f"checksum of {size} MiB: CRC-32 against"
    return [
        _row(f"{name} BLAKE2b", lambda: zlib.crc32(data), lambda: hashlib.blake2b(data).digest(), options.pairs),
        _row(f"{name} SHA-256", lambda: zlib.crc32(data), lambda: hashlib.sha256(data).digest(), options.pairs),
    ]


def _memory(folder: Path, options: argparse.Namespace) -> list[Row]:
    """An epoch's batches of random rows: memory-mapped (ours) against a copy in memory (theirs)."""
    num_bytes = (64 if options.quick else 512) * MIB
    rows = []
    for width in (512, 16384):
        array = np.ones((num_bytes // 4 // width, width), dtype=np.float32)
        cache = CacheFolder(path=folder / f"memory{width}", limit_gib=4)
        path = cache.entry("features", "e")
        entry = open_entry(cache, path, shape=array.shape, dtype=np.float32, chunks=lambda array=array: [array])
        mapped, copied = torch.from_numpy(entry.values), torch.from_numpy(array)

        def epoch(values: torch.Tensor) -> None:
            for batch in torch.split(torch.randperm(len(values)), 64):
                values[batch]

        name = f"an epoch of batches, rows of {width * 4} bytes: memory-mapped against a copy"
        rows.append(_row(name, lambda: epoch(mapped), lambda: epoch(copied), options.pairs))  # noqa: B023
    return rows


def _digests(folder: Path, options: argparse.Namespace) -> list[Row]:
    plan = _plan(folder, CUT, options)
    materials = Materials()
    Trial(plan, materials)
    backbone = build_backbone(plan.arm.backbone, root=folder)
    kept = lambda: materials._stage_digests(materials._weights_key(plan))  # noqa: E731
    return [
        _row("digest of the weights: kept by the process against hashed", kept,
             lambda: weights_digest(backbone, CUT), options.pairs)
    ]  # fmt: skip


def _set_up(folder: Path, options: argparse.Namespace) -> list[Row]:
    plan = _plan(folder, CUT, options)
    materials = Materials()
    Trial(plan, materials)
    name = "set-up of a trial whose features are there: in a process that opened them against a new one's"
    return [_row(name, lambda: Trial(plan, materials), lambda: Trial(plan), options.pairs)]


def _deeper(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Computing the deepest cut's features with those of the cut before there (ours) and without (theirs)."""
    shallower, deeper = _plan(folder, CUT - 1, options), _plan(folder, CUT, options)
    materials = Materials()

    def compute(after_shallower: bool) -> float:
        for entry in kept_entries(folder / "cache"):
            if entry.kind == "features":
                entry.remove()
        if after_shallower:
            Trial(shallower, Materials())
        own = Materials()
        own._backbones, own._stores = materials._backbones, materials._stores
        return _seconds(lambda: Trial(deeper, own))

    Trial(deeper, materials)
    pairs = [(compute(True), compute(False)) for _ in range(options.pairs)]
    return [row("features after 5 stages: from those after 4 against from the images", pairs)]


def _epochs(folder: Path, options: argparse.Namespace) -> list[Row]:
    """An epoch of training and measuring, by depth: with the cache (ours) and without (theirs)."""
    materials = Materials()
    rows = []
    for depth in (1, 3, CUT):
        plan = _plan(folder, depth, options)
        cached = Trial(plan, materials)
        uncached = Trial(plan.model_copy(update={"feature_cache_gib": 0.0}), materials)
        ours, theirs = cached.epochs(), uncached.epochs()
        next(ours), next(theirs)  # the first is slow: kernels are chosen, memory is asked for
        name = f"an epoch at freezing depth {depth}: cached against computed"
        rows.append(_row(name, partial(next, ours), partial(next, theirs), options.pairs))
    return rows


def _plan(folder: Path, depth: int, options: argparse.Namespace) -> TrialPlan:
    weights = folder / "resnet18.safetensors"
    if not weights.exists():
        torch.manual_seed(0)
        save_file(models.resnet18(weights=None).state_dict(), weights)
    spec = StudySpec.model_validate(
        {
            "name": "cache",
            "protocols": ["fine_tuning"],
            "backbones": [{"source": "resnet18", "weights": str(weights), "image_size": 64}],
            "tasks": [{"name": "digit", "data": "digits", "limit": 400 if options.quick else 1797}],
        }
    )
    values = {"head_learning_rate": 1e-3, "batch_size": 64}
    if depth < CUT:
        values["backbone_learning_rate"] = 1e-4
    return TrialPlan(
        purpose=Purpose.SEARCH,
        number=0,
        arm=build_arms(spec)[0],
        arm_number=0,
        hyperparameters=Hyperparameters.model_validate({**values, "freezing_depth": depth}),
        seed=0,
        split_seed=0,
        epochs=1000,
        num_threads=options.threads,
        root=str(folder),
        cache_dir=str(folder / "cache"),
        feature_cache_gib=4,
    )


if __name__ == "__main__":
    main()
