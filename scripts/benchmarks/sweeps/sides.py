"""A simulated cluster, and a sweep on it in a driver process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from ray.cluster_utils import Cluster

from sweeps.case import Case, Outcome

PLAIN = ("plain", "tuned")
"""Ray Tune as documented, and with actors reused and as many trials waiting as there are nodes."""
_HERE = Path(__file__).resolve().parents[1]


def run_sides(case: Case, pairs: int, sides: Sequence[str]) -> dict[str, list[Outcome]]:
    """Run a case on every side in turn, on one cluster; every other time in the opposite order."""
    runs: dict[str, list[Outcome]] = {side: [] for side in sides}
    with _cluster(case.nodes) as address:
        for pair in range(pairs):
            for side in sides if pair % 2 == 0 else reversed(sides):
                runs[side].append(_sweep(side, address, case))
    return runs


@contextmanager
def _cluster(nodes: int) -> Iterator[str]:
    os.environ["PYTHONPATH"] = os.pathsep.join([str(_HERE), str(_HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory(prefix="sweeps-", ignore_cleanup_errors=True) as folder:
        # Its own: in the common one it would become what `--address auto` finds.
        os.environ["RAY_TMPDIR"] = folder
        small = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
        cluster = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
        try:
            for _ in range(nodes - 1):
                cluster.add_node(wait=False, **small)
            cluster.wait_for_nodes(timeout=300)
            yield cluster.address
        finally:
            cluster.shutdown()


def _sweep(side: str, address: str, case: Case) -> Outcome:
    command = [sys.executable, "-W", "ignore", "-m", "sweeps", side, address, json.dumps(asdict(case))]
    done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))
