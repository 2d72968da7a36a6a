"""One sweep in a driver process of its own: `python -m sweeps SIDE ADDRESS CASE`; prints what it gave as JSON."""

from __future__ import annotations

import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import ray

from sweeps.case import Case, Outcome


def _sweep_of(side: str) -> Callable[[Case, Path], list[float]]:
    """Import one side alone: what the other holds in memory is not its own."""
    if side == "ours":
        from sweeps.ours import sweep

        return sweep
    from sweeps import plain

    return partial(plain.sweep, tuned=side == "tuned")


def main() -> None:
    """Run a sweep."""
    side, address, case = sys.argv[1], sys.argv[2], Case(**json.loads(sys.argv[3]))
    sweep = _sweep_of(side)
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="scale-") as directory:
        began, cpu = time.monotonic(), time.process_time()
        ends = sweep(case, Path(directory))
        outcome = Outcome(
            wall_s=time.monotonic() - began,
            ends_s=[end - began for end in ends],
            driver_cpu_s=time.process_time() - cpu,
            driver_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )
    ray.shutdown()
    assert len(ends) == case.trials, f"{side}: {len(ends)} of {case.trials} trials ended"
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
