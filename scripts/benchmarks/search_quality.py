"""What TPE finds where it is shown a bounded number of finished trials (ours), or all of them (theirs).

The objective is Hartmann's function of six parameters, beside two that do nothing and a conditional one, with noise as
validation has it. Regret is how far the best found is from the optimum; seconds are those of the suggestions.

    python scripts/benchmarks/search_quality.py [--quick] [--json FILE] [--trials N] [--pairs N]
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import optuna
from closed_forms import HARTMANN_BEST, hartmann
from optuna.storages import BaseStorage, InMemoryStorage
from table import Row, options_of, report, row

from study.adapters.optuna_search.history import MAX_FINISHED, History
from study.adapters.optuna_search.samplers import make_sampler
from study.values.spec import SearchSpec

_NOISE = 0.02


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="300 trials, 2 pairs", pairs=10)
    parser.add_argument("--trials", type=int, help=f"of each study (default 600); more than {MAX_FINISHED}")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    trials = options.trials or (300 if options.quick else 600)
    report(_rows(trials, 2 if options.quick else options.pairs), options.json)


def _rows(trials: int, pairs: int) -> Iterator[Row]:
    found = [(_study(History(), trials, seed), _study(InMemoryStorage(), trials, seed)) for seed in range(pairs)]
    yield row(f"regret after {trials} trials", [(ours[0], theirs[0]) for ours, theirs in found])
    yield row(f"regret after {trials // 2} trials", [(ours[1], theirs[1]) for ours, theirs in found])
    yield row(f"seconds of {trials} suggestions", [(ours[2], theirs[2]) for ours, theirs in found])


def _study(storage: BaseStorage, trials: int, seed: int) -> tuple[float, float, float]:
    """Return the regret at the end and half-way, and the seconds that suggestions took."""
    study = optuna.create_study(storage=storage, direction="maximize", pruner=optuna.pruners.NopPruner())
    noise, best, took = np.random.default_rng(seed), [], 0.0
    for number in range(trials):
        began = time.perf_counter()
        study.sampler = make_sampler(SearchSpec(), seed=1000 * seed + number, asked=study.get_trials(deepcopy=False))
        trial = study.ask()
        value = _objective(trial)
        took += time.perf_counter() - began
        best.append(max([value, *best[-1:]]))
        study.tell(trial, value + float(noise.normal(0, _NOISE)))
    return HARTMANN_BEST - best[-1], HARTMANN_BEST - best[trials // 2 - 1], took


def _objective(trial: optuna.Trial) -> float:
    value = hartmann(trial)
    trial.suggest_float("idle", 1e-4, 1e-1, log=True)
    if trial.suggest_categorical("kind", ["a", "b"]) == "b":
        trial.suggest_float("idle_of_b", 0, 1)
    return value


if __name__ == "__main__":
    main()
