"""A simulated cluster, and a sweep on it in a driver process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from ray.cluster_utils import Cluster

from sweeps.case import Case, Outcome

PLAIN = ("plain", "tuned")
"""Ray Tune as documented, and with actors reused and as many trials waiting as there are nodes."""
_HERE = Path(__file__).resolve().parents[1]


def run_sides(cases: Mapping[str, Case], pairs: int) -> dict[str, list[Outcome]]:
    """Run each side's case in turn, all on one cluster; every other time in the opposite order."""
    runs: dict[str, list[Outcome]] = {side: [] for side in cases}
    (nodes,) = {case.nodes for case in cases.values()}
    with _cluster(nodes) as address:
        for pair in range(pairs):
            for side in cases if pair % 2 == 0 else reversed(cases):
                runs[side].append(_sweep(side, address, cases[side]))
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
