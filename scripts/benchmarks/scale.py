"""How a sweep scales with nodes and trials, beside the same sweep through plain Ray Tune.

Trials sleep for a fixed time on 1 to 16 one-CPU nodes of a simulated cluster on this machine. Ours runs all that a
study runs but the training: Optuna in its SQLite storage, records, TensorBoard. Plain Tune runs twice: as its
documentation writes it (`plain`), and with actors reused and as many trials waiting as there are nodes (`tuned`).

    python scripts/benchmarks/scale.py [--quick] [--json FILE] [--nodes 1 2 4] [--trials N] [--pairs N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from ray.cluster_utils import Cluster
from sweeps.case import Case, Outcome

HERE = Path(__file__).resolve().parent
PLAIN = ("plain", "tuned")
WINDOW = 100
"""Trials over which overhead is measured early and late in a sweep."""

Runs = dict[str, list[Outcome]]


def main() -> None:
    """Run the benchmark and print its table."""
    options = _options()
    rows: list[dict[str, Any]] = []
    for case in _cases(options):
        print(f"{case.trials} trials of {case.duration_s:g} s on {case.nodes} node(s)", flush=True)
        new = _rows(case, _run(case, options.pairs, ("ours", *options.against)))
        rows += new
        for row in new:
            bound = f"   (goal: {row['bound']})" if "bound" in row else ""
            figures = f"{row['ours']:10.3f} {row['theirs']:10.3f} {row['ratio']:7.2f}"
            print(f"  {row['name']:60} {figures}{bound}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under 5 minutes: 1 and 2 nodes, few trials")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--nodes", type=int, nargs="+", metavar="N", help="nodes of the scaling cases")
    parser.add_argument("--trials", type=int, help="largest number of trials of a case (default 1000)")
    parser.add_argument("--duration", type=float, help="seconds a trial of the scaling cases (default 2)")
    parser.add_argument("--against", nargs="+", choices=PLAIN, default=PLAIN, help="plain sides to run")
    parser.add_argument("--pairs", type=int, default=1, help="times that every case is run on each side")
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    """Yield the scaling cases, all of about the same length, and then the one that shows growth."""
    most = options.trials or (30 if options.quick else 1000)
    duration_s = options.duration or (0.5 if options.quick else 2.0)
    for nodes in options.nodes or ((1, 2) if options.quick else (1, 2, 4, 8, 16)):
        yield Case(nodes=nodes, trials=max(20, most * nodes // 16 if most > 100 else most), duration_s=duration_s)
    if most >= 3 * WINDOW:
        yield Case(nodes=2, trials=most, duration_s=0.1)


def _run(case: Case, pairs: int, sides: Sequence[str]) -> Runs:
    """Run a case on every side in turn, on one cluster; every other time in the opposite order."""
    runs: Runs = {side: [] for side in sides}
    with _cluster(case.nodes) as address:
        for pair in range(pairs):
            for side in sides if pair % 2 == 0 else reversed(sides):
                runs[side].append(_sweep(side, address, case))
    return runs


@contextmanager
def _cluster(nodes: int) -> Iterator[str]:
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory(prefix="scale-", ignore_cleanup_errors=True) as folder:
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
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))


def _rows(case: Case, runs: Runs) -> list[dict[str, Any]]:
    """Return what a case gave: one row a figure and plain side; a ratio above 1 means that we are better."""
    rows = []
    for side in (side for side in runs if side != "ours"):
        pairs = list(zip(runs["ours"], runs[side], strict=True))
        for name, figure, higher_is_better, bound in _figures(case):
            values = [(figure(ours), figure(theirs)) for ours, theirs in pairs]
            ratios = [ours / theirs if higher_is_better else theirs / ours for ours, theirs in values]
            row: dict[str, Any] = {
                "name": f"{case.nodes} nodes, {case.trials} x {case.duration_s:g} s, {side}: {name}",
                "ours": median(ours for ours, _ in values),
                "theirs": median(theirs for _, theirs in values),
                "ratio": median(ratios),
            }
            rows.append(row if bound is None else {**row, "bound": bound})
    return rows


def _figures(case: Case) -> Iterator[tuple[str, Callable[[Outcome], float], bool, str | None]]:
    """Yield each figure's name, how it is computed, whether higher is better, and the goal."""
    yield "trials/s", lambda run: case.trials / run.wall_s, True, None
    yield "overhead a trial, s", lambda run: run.overhead_s(case), False, "ratio >= 1"
    yield "driver CPU a trial, s", lambda run: run.driver_cpu_s / case.trials, False, None
    yield "driver memory, MiB", lambda run: run.driver_mib, False, None
    yield "efficiency, start included", lambda run: run.efficiency(case, with_start=True), True, None
    yield (
        "efficiency after the start",
        lambda run: run.efficiency(case, with_start=False),
        True,
        "ours >= 0.9" if case.nodes == 16 else None,
    )
    if case.trials >= 3 * WINDOW:
        yield f"overhead at {case.trials} over that at 100 trials", lambda run: _growth(run, case), False, "ours <= 1.2"


def _growth(run: Outcome, case: Case) -> float:
    early = run.overhead_at_s(case, WINDOW, window=WINDOW)
    return run.overhead_at_s(case, case.trials, window=WINDOW) / early


if __name__ == "__main__":
    main()
