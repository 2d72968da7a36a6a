"""What a trial costs beside its training, and an epoch: trials that do nothing, beside plain Ray Tune's.

Ours draws from Optuna in its SQLite storage, and writes records and TensorBoard events; the plain side is Ray Tune with
`OptunaSearch`, as its documentation writes it (`plain`) and with actors reused (`tuned`). Plain trials are a tenth as
many: each starts an actor of its own, so that its cost does not depend on how many there are.

    python scripts/benchmarks/overhead.py [--quick] [--json FILE] [--against tuned] [--trials N] [--pairs N]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sweeps.case import Case, Outcome
from sweeps.sides import PLAIN, run_sides
from table import Row, options_of, report, row

EPOCHS = 21


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="24 trials, tuned only", pairs=1)
    parser.add_argument("--against", nargs="+", choices=PLAIN, help="plain sides to run")
    parser.add_argument("--trials", type=int, help="trials of each sweep (default 200)")
    options = parser.parse_args()
    trials = options.trials or (24 if options.quick else 200)
    report(_rows(trials, options.against or (PLAIN[1:] if options.quick else PLAIN), options.pairs), options.json)


def _rows(trials: int, against: Sequence[str], pairs: int) -> Iterator[Row]:
    short, long = ({side: _case(side, trials, epochs) for side in ("ours", *against)} for epochs in (1, EPOCHS))
    brief, lengthy = (run_sides(cases, pairs) for cases in (short, long))
    for side in against:
        times = list(zip(_trial_s(brief, short, "ours"), _trial_s(brief, short, side), strict=True))
        yield row(f"{side}: from one trivial trial of a node to its next, ms", [(1e3 * a, 1e3 * b) for a, b in times])
        firsts = [(a.ends_s[0], b.ends_s[0]) for a, b in zip(brief["ours"], brief[side], strict=True)]
        yield row(f"{side}: from the call to the end of the first trial, s", firsts)
        longer = zip(_trial_s(lengthy, long, "ours"), _trial_s(lengthy, long, side), strict=True)
        epochs = [
            (1e3 * (a - one) / (EPOCHS - 1), 1e3 * (b - other) / (EPOCHS - 1))
            for (a, b), (one, other) in zip(longer, times, strict=True)
        ]
        yield row(f"{side}: an epoch reported, ms", epochs)


def _case(side: str, trials: int, epochs: int) -> Case:
    fewer = max(8, trials // 10) if side == "plain" else trials
    return Case(nodes=2, trials=fewer, duration_s=0, epochs=epochs)


def _trial_s(runs: Mapping[str, Sequence[Outcome]], cases: Mapping[str, Case], side: str) -> list[float]:
    return [run.overhead_s(cases[side]) for run in runs[side]]


if __name__ == "__main__":
    main()
