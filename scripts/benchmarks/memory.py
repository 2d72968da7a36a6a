"""What a study's processes hold in memory, and whether it grows with the number of trials.

Linear probes of a ResNet-18 on cached features, as `against_ray_tune.py` runs them. A row compares a study with the
smallest one: a ratio near 1 says that memory does not grow.

    python scripts/benchmarks/memory.py [--quick] [--json FILE] [--pairs N] [--images N] [--epochs N]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import psutil
from adaptation import data
from adaptation.case import Case
from table import Row, options_of, report, row

HERE = Path(__file__).resolve().parent
INTERVAL_S = 0.5
_MIB = 2**20


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="10 and 100 trials only", pairs=1)
    parser.add_argument("--images", type=int, default=data.NUM_IMAGES, metavar="N", help="size of the data set")
    parser.add_argument("--epochs", type=int, default=3, metavar="N", help="of each trial")
    options = parser.parse_args()
    few, *more = [
        Case(study="linear_probe", trials=trials, epochs=options.epochs)
        for trials in ((10, 100) if options.quick else (10, 100, 1000))
    ]
    report(_rows(few, more, options.pairs, options.images), options.json)


def _rows(few: Case, more: Sequence[Case], pairs: int, num_images: int) -> Iterator[Row]:
    fewest = [_peaks(few, num_images) for _ in range(pairs)]
    for case in more:
        peaks = [_peaks(case, num_images) for _ in range(pairs)]
        for process in sorted(peaks[0]):
            sizes = [(many[process], little[process]) for many, little in zip(peaks, fewest, strict=True)]
            yield row(f"{process}, MiB: {case.trials} trials, or {few.trials}", sizes)


def _peaks(case: Case, num_images: int) -> Mapping[str, float]:
    """Run a study and return the largest memory seen of each kind of process, in MiB."""
    peaks: defaultdict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory(prefix="memory-", ignore_cleanup_errors=True) as folder:
        data.write(Path(folder), num_images)
        paths = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-W", "ignore", "-m", "adaptation", "ours", folder, json.dumps(asdict(case))]
        with subprocess.Popen(
            command,
            cwd=HERE,
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as driver:
            while driver.poll() is None:
                for kind, size in _sizes(psutil.Process(driver.pid)).items():
                    peaks[kind] = max(peaks[kind], size / _MIB)
                time.sleep(INTERVAL_S)
        if driver.returncode != 0:
            raise SystemExit(f"the study of {case.trials} trials failed")
    return peaks


def _sizes(driver: psutil.Process) -> dict[str, float]:
    """Return what the driver and its largest worker hold of their own, and what is shared in the object store."""
    sizes: defaultdict[str, float] = defaultdict(float)
    for process in [driver, *driver.children(recursive=True)]:
        try:
            memory, name = process.memory_info(), " ".join(process.cmdline()[:1])
        except psutil.Error:
            continue
        kind = "driver" if process.pid == driver.pid else "worker" if name.startswith("ray::") else None
        if kind is not None:
            sizes[kind] = max(sizes[kind], memory.rss - memory.shared)
        if "raylet" in name:
            sizes["object store"] = max(sizes["object store"], memory.shared)
    return sizes


if __name__ == "__main__":
    main()
