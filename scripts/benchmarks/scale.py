"""How a sweep scales with nodes and trials, beside the same sweep through plain Ray Tune.

Trials sleep for a fixed time on 1 to 16 one-CPU nodes of a simulated cluster on this machine. Ours runs all that a
study runs but the training: Optuna in its SQLite storage, records, TensorBoard. Plain Tune runs twice: as its
documentation writes it (`plain`), and with actors reused and as many trials waiting as there are nodes (`tuned`).

    python scripts/benchmarks/scale.py [--quick] [--json FILE] [--nodes 1 2 4] [--trials N] [--pairs N]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence

from sweeps.case import Case, Outcome
from sweeps.sides import PLAIN, run_sides
from table import Row, options_of, report, row

WINDOW = 100
"""Trials over which overhead is measured early and late in a sweep."""


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="1 and 2 nodes, few trials", pairs=1)
    parser.add_argument("--nodes", type=int, nargs="+", metavar="N", help="nodes of the scaling cases")
    parser.add_argument("--trials", type=int, help="largest number of trials of a case (default 1000)")
    parser.add_argument("--duration", type=float, help="seconds a trial of the scaling cases (default 2)")
    parser.add_argument("--against", nargs="+", choices=PLAIN, default=PLAIN, help="plain sides to run")
    options = parser.parse_args()
    cases = _cases(options)
    report((found for case in cases for found in _rows(case, options.against, options.pairs)), options.json)


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    """Yield the scaling cases, all of about the same length, and then the one that shows growth."""
    most = options.trials or (30 if options.quick else 1000)
    duration_s = options.duration or (0.5 if options.quick else 2.0)
    for nodes in options.nodes or ((1, 2) if options.quick else (1, 2, 4, 8, 16)):
        yield Case(nodes=nodes, trials=max(20, most * nodes // 16 if most > 100 else most), duration_s=duration_s)
    if most >= 3 * WINDOW:
        yield Case(nodes=2, trials=most, duration_s=0.1)


def _rows(case: Case, against: Sequence[str], pairs: int) -> Iterator[Row]:
    """Yield what a case gave: a row a figure and plain side."""
    runs = run_sides(dict.fromkeys(("ours", *against), case), pairs)
    for side in against:
        for name, figure, higher_is_better, bound in _figures(case):
            values = [(figure(ours), figure(theirs)) for ours, theirs in zip(runs["ours"], runs[side], strict=True)]
            title = f"{case.nodes} nodes, {case.trials} x {case.duration_s:g} s, {side}: {name}"
            yield row(title, values, bound=bound, higher_is_better=higher_is_better)


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
