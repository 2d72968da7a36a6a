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

from table import Row, options_of, report, row

from adaptation import data, space
from adaptation.bound import caching_bound
from adaptation.case import Case, Outcome

HERE = Path(__file__).resolve().parents[1]
STUDIES = ("linear_probe", "freezing_depth", "shared_representation")


@dataclass(frozen=True)
class Pair:
    """One study on both sides."""

    ours: Outcome
    theirs: Outcome


def compare(side: str, description: str, goals: Mapping[str, str | None]) -> None:
    """Run the benchmark against a side and print its table."""
    parser = options_of(description, quick="few trials and epochs, no shared representation", pairs=1)
    parser.add_argument("--studies", nargs="+", choices=STUDIES)
    options = parser.parse_args()
    studies = options.studies or (STUDIES[:2] if options.quick else STUDIES)
    report((found for study in studies for found in _rows(side, study, options, goals.get(study))), options.json)


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


def _rows(side: str, study: str, options: argparse.Namespace, goal: str | None) -> Iterator[Row]:
    """Yield a row a figure of one study."""
    pairs = [_pair(side, study, options.quick) for _ in range(options.pairs)]
    rates = [(pair.ours.trials_per_hour(), pair.theirs.trials_per_hour()) for pair in pairs]
    if study == "freezing_depth":
        goal = "; ".join([*filter(None, [goal]), f"caching alone could give {_caching_bound():.2f}"])
    yield row(f"{study}: trials an hour", rates, bound=goal, higher_is_better=True)
    times = [(_seconds_to(pair, pair.ours), _seconds_to(pair, pair.theirs)) for pair in pairs]
    yield row(f"{study}: seconds to the metric both reach", times)


def _caching_bound() -> float:
    with tempfile.TemporaryDirectory(prefix="against-") as folder:
        data.write(Path(folder))
        return caching_bound(Path(folder))


def _seconds_to(pair: Pair, side: Outcome) -> float:
    return side.seconds_to(min(pair.ours.best[-1], pair.theirs.best[-1]))
