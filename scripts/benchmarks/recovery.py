"""How long a study takes to train on after its driver or its workers were killed, beside one that is begun anew.

Times are from the command, or from the kill, to the next epoch on record; a trial goes on from its last checkpoint.

    python scripts/benchmarks/recovery.py [--quick] [--json FILE] [--pairs N]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from table import Row, options_of, report, row

sys.path.append(str(Path(__file__).resolve().parents[1]))
from tormenting.question import write

TIMEOUT_S = 180.0
POLL_S = 0.05


def main() -> None:
    """Run the benchmark and print its table."""
    options = options_of(__doc__ or "", quick="one pair", pairs=3).parse_args()
    report(_rows(1 if options.quick else options.pairs), options.json)


def _rows(pairs: int) -> Iterator[Row]:
    times = []
    for _ in range(pairs):
        with tempfile.TemporaryDirectory(prefix="recovery-", ignore_cleanup_errors=True) as folder:
            times.append(_times(Path(folder)))
    yield row("driver killed: s to the next epoch after resuming, or a study begun anew", [(d, a) for a, d, _ in times])
    yield row("all workers killed: s to the next epoch, or a study begun anew", [(w, a) for a, _, w in times])


def _times(folder: Path) -> tuple[float, float, float]:
    """Return the seconds to the next epoch of a new study, after its driver was killed, and after its workers were."""
    spec, directory = write(folder), folder / "run"
    driver, anew = _start(spec, directory), _next_epoch(directory)
    _kill_with_children(driver)
    driver, resumed = _start(spec, directory), _next_epoch(directory)
    for worker in [child for child in driver.children(recursive=True) if _trains(child)]:
        worker.kill()
    after_worker = _next_epoch(directory)
    _kill_with_children(driver)
    return anew, resumed, after_worker


def _start(spec: Path, directory: Path) -> psutil.Process:
    command = [sys.executable, "-W", "ignore", "-m", "study", "run", str(spec), "--dir", str(directory)]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return psutil.Process(started.pid)


def _trains(process: psutil.Process) -> bool:
    try:
        return " ".join(process.cmdline()).startswith("ray::StudyTrial")
    except psutil.Error:
        return False


def _kill_with_children(driver: psutil.Process) -> None:
    for process in [driver, *driver.children(recursive=True)]:
        try:
            process.kill()
        except psutil.Error:
            continue


def _next_epoch(directory: Path) -> float:
    """Wait until there is another epoch on record than there are now, and return for how long."""
    began, before = time.monotonic(), _num_epochs(directory)
    while _num_epochs(directory) <= before:
        if time.monotonic() - began > TIMEOUT_S:
            raise SystemExit(f"no epoch within {TIMEOUT_S:g} s")
        time.sleep(POLL_S)
    return time.monotonic() - began


def _num_epochs(directory: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in directory.glob("*/*/*/*/*/epochs.jsonl"))


if __name__ == "__main__":
    main()
