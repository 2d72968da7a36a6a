"""A study on both sides, each in a process of its own, and the rows that compare them."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from adaptation import data, space
from adaptation.case import Case, Outcome

HERE = Path(__file__).resolve().parents[1]
STUDIES = ("linear_probe", "freezing_depth", "shared_representation")


@dataclass(frozen=True)
class Pair:
    """One study on both sides."""

    ours: Outcome
    theirs: Outcome

    def speed_up(self) -> float:
        """Return how many times as many trials an hour ours runs."""
        return self.ours.trials_per_hour() / self.theirs.trials_per_hour()


def compare(side: str, description: str, goals: Mapping[str, str | None]) -> None:
    """Run the benchmark against a side and print its table."""
    options = _options(description)
    rows: list[dict[str, Any]] = []
    for study in options.studies or (STUDIES[:2] if options.quick else STUDIES):
        pairs = [_pair(side, study, options.quick) for _ in range(options.pairs)]
        for row in _rows(study, pairs, goals.get(study)):
            rows.append(row)
            bound = f"   (goal: {row['bound']})" if "bound" in row else ""
            print(f"{row['name']:55} {row['ours']:12.1f} {row['theirs']:12.1f} {row['ratio']:8.2f}{bound}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


def _options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="under 5 minutes: few trials and epochs, no shared representation"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    parser.add_argument("--studies", nargs="+", choices=STUDIES)
    parser.add_argument("--pairs", type=int, default=1, help="times that every study is run on both sides")
    return parser.parse_args()


def _cases(study: str, quick: bool) -> tuple[Case, Case]:
    """Return ours and theirs."""
    if study == "linear_probe":
        epochs, ours, theirs = (3, 100, 4) if quick else (10, 400, 8)
        return Case(study=study, trials=ours, epochs=epochs), Case(study=study, trials=theirs, epochs=epochs)
    case = Case(study=study, trials=len(list(product(*space.GRID.values()))), epochs=1 if quick else 10)
    return case, case


def _pair(side: str, study: str, quick: bool) -> Pair:
    ours, theirs = _cases(study, quick)
    with tempfile.TemporaryDirectory(prefix="against-", ignore_cleanup_errors=True) as folder:
        data.write(Path(folder))
        return Pair(_run("ours", folder, ours), _run(side, folder, theirs))


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


def _rows(study: str, pairs: list[Pair], goal: str | None) -> Iterator[dict[str, Any]]:
    """Return a row a figure; a ratio above 1 means that ours is better."""
    row: dict[str, Any] = {
        "name": f"{study}: trials an hour",
        "ours": median(pair.ours.trials_per_hour() for pair in pairs),
        "theirs": median(pair.theirs.trials_per_hour() for pair in pairs),
        "ratio": median(pair.speed_up() for pair in pairs),
    }
    yield row if goal is None else {**row, "bound": goal}
    times = [(_seconds_to(pair, pair.ours), _seconds_to(pair, pair.theirs)) for pair in pairs]
    yield {
        "name": f"{study}: seconds to the metric both reach",
        "ours": median(ours for ours, _ in times),
        "theirs": median(theirs for _, theirs in times),
        "ratio": median(theirs / ours for ours, theirs in times),
    }


def _seconds_to(pair: Pair, side: Outcome) -> float:
    return side.seconds_to(min(pair.ours.best[-1], pair.theirs.best[-1]))
