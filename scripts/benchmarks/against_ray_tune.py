"""Studies of a pretrained backbone beside the same studies as plain Ray Tune function trials.

Same backbone, images, space, epochs and CPUs on both sides; the plain side is written as Ray Tune's documentation shows
and measures less (one metric of one split). Both include everything after Ray's start. The plain side starts every
trial anew, so that its throughput does not depend on how many there are: it runs fewer.

    python scripts/benchmarks/against_ray_tune.py [--quick] [--json FILE] [--studies linear_probe ...] [--pairs N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from adaptation import data, space
from adaptation.case import Case, Outcome

HERE = Path(__file__).resolve().parent
STUDIES = ("linear_probe", "freezing_depth", "shared_representation")
GOALS = {"linear_probe": "ratio >= 50", "freezing_depth": "ratio >= 2", "shared_representation": None}


@dataclass(frozen=True)
class Pair:
    """One study on both sides."""

    ours: Outcome
    theirs: Outcome

    def speed_up(self) -> float:
        """Return how many times as many trials an hour ours runs."""
        return self.ours.trials_per_hour() / self.theirs.trials_per_hour()


def main() -> None:
    """Run the benchmark and print its table."""
    options = _options()
    rows: list[dict[str, Any]] = []
    for study in options.studies:
        pairs = [_pair(study, options.quick) for _ in range(options.pairs)]
        for row in _rows(study, pairs):
            rows.append(row)
            bound = f"   (goal: {row['bound']})" if "bound" in row else ""
            print(f"{row['name']:55} {row['ours']:12.1f} {row['theirs']:12.1f} {row['ratio']:8.2f}{bound}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="under 5 minutes: few trials and epochs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--studies", nargs="+", choices=STUDIES, default=STUDIES)
    parser.add_argument("--pairs", type=int, default=1, help="times that every study is run on both sides")
    return parser.parse_args()


def _cases(study: str, quick: bool) -> tuple[Case, Case]:
    """Return ours and theirs."""
    epochs = 3 if quick else 10
    if study == "linear_probe":
        ours = 100 if quick else 400
        return Case(study=study, trials=ours, epochs=epochs), Case(study=study, trials=4 if quick else 8, epochs=epochs)
    trials = len(list(product(*space.GRID.values())))
    return Case(study=study, trials=trials, epochs=epochs), Case(study=study, trials=trials, epochs=epochs)


def _pair(study: str, quick: bool) -> Pair:
    ours, theirs = _cases(study, quick)
    with tempfile.TemporaryDirectory(prefix="against-", ignore_cleanup_errors=True) as folder:
        data.write(Path(folder))
        return Pair(_run("ours", folder, ours), _run("plain", folder, theirs))


def _run(side: str, folder: str, case: Case) -> Outcome:
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "adaptation", side, folder, json.dumps(asdict(case))],
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))


def _rows(study: str, pairs: list[Pair]) -> Iterator[dict[str, Any]]:
    """Return a row a figure; a ratio above 1 means that ours is better."""
    row: dict[str, Any] = {
        "name": f"{study}: trials an hour",
        "ours": median(pair.ours.trials_per_hour() for pair in pairs),
        "theirs": median(pair.theirs.trials_per_hour() for pair in pairs),
        "ratio": median(pair.speed_up() for pair in pairs),
    }
    yield row if GOALS[study] is None else {**row, "bound": GOALS[study]}
    times = [(_seconds_to(pair, pair.ours), _seconds_to(pair, pair.theirs)) for pair in pairs]
    yield {
        "name": f"{study}: seconds to the metric both reach",
        "ours": median(ours for ours, _ in times),
        "theirs": median(theirs for _, theirs in times),
        "ratio": median(theirs / ours for ours, theirs in times),
    }


def _seconds_to(pair: Pair, side: Outcome) -> float:
    return side.seconds_to(min(pair.ours.best[-1], pair.theirs.best[-1]))


if __name__ == "__main__":
    main()
