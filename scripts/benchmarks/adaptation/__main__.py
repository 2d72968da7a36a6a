"""One side's run in a process of its own: `python -m adaptation SIDE FOLDER CASE`; prints what it gave as JSON."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

import ray

from adaptation.case import Case


def main() -> None:
    """Run it, on a Ray of two CPUs where the side needs one."""
    side, folder, case = sys.argv[1], Path(sys.argv[2]), Case(**json.loads(sys.argv[3]))
    if side in ("ours", "plain"):
        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    outcome = importlib.import_module(f"adaptation.{side}").run(case, folder)
    ray.shutdown()
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
