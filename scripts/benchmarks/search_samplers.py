"""Our samplers (ours) beside Optuna's of the same name with its own settings (theirs), at equal trials.

Closed forms and tables of trained networks: how far the best found is from the optimum, as the median over pairs of
runs with equal seeds, and in how many pairs ours is better, equal and worse; p is that of Wilcoxon's signed ranks for
ours being worse. `--parallel` asks for so many trials before the first is told.

    python scripts/benchmarks/search_samplers.py [--quick] [--json FILE] [--pairs N] [--samplers tpe,gp,...]
        [--problems Branin,ZDT1,...] [--trials N] [--parameters N] [--parallel N]
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import optuna
from closed_forms import Problem, branin, hartmann6, hypervolume, tables, zdt
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, NSGAIISampler, QMCSampler, RandomSampler, TPESampler
from scipy.stats import wilcoxon
from table import Row, options_of, report

from study.adapters.optuna_search.drawing import draw
from study.adapters.optuna_search.history import MAX_FINISHED, History
from study.values.seeds import derive_seed
from study.values.spec import Sampler, SearchSpec

_POPULATION = 20
_NEGLIGIBLE = 1e-6
_THEIRS: dict[Sampler, Callable[[int], BaseSampler]] = {
    Sampler.RANDOM: lambda seed: RandomSampler(seed=seed),
    Sampler.QMC: lambda seed: QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False),
    Sampler.TPE: lambda seed: TPESampler(seed=seed),
    Sampler.GP: lambda seed: GPSampler(seed=seed, warn_independent_sampling=False),
    Sampler.CMAES: lambda seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    Sampler.NSGA2: lambda seed: NSGAIISampler(seed=seed, population_size=_POPULATION),
}
_SEVERAL_OBJECTIVES = (Sampler.NSGA2, Sampler.TPE)


def main() -> None:
    """Run the benchmark and print its table."""
    parser = options_of(__doc__ or "", quick="3 pairs, without gp", pairs=20)
    parser.add_argument("--samplers", default=",".join(kind.value for kind in _THEIRS), help="which, by comma")
    parser.add_argument("--problems", help="which, by comma (default all)")
    parser.add_argument("--trials", type=int, help="of each run (default 100; 60 of gp, 300 of two objectives)")
    parser.add_argument("--parameters", type=int, default=30, help="of ZDT1 and ZDT2 (default 30, as published)")
    parser.add_argument("--parallel", type=int, default=1, help="trials that run at once (default 1)")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    kinds = [Sampler(name) for name in options.samplers.split(",")]
    if options.quick:
        kinds = [kind for kind in kinds if kind is not Sampler.GP]
    pairs = 3 if options.quick else options.pairs
    report(
        (
            _compared(problem, kind, pairs, options.trials or _trials(problem, kind), options.parallel)
            for kind in kinds
            for problem in _problems(kind, options.parameters)
            if options.problems is None or problem.name in options.problems.split(",")
        ),
        options.json,
    )


def _problems(kind: Sampler, num_parameters: int) -> Iterator[Problem]:
    yield branin()
    yield hartmann6()
    yield from tables()
    if kind in _SEVERAL_OBJECTIVES:
        yield zdt(1, num_parameters)
        yield zdt(2, num_parameters)


def _trials(problem: Problem, kind: Sampler) -> int:
    if problem.num_objectives > 1:
        return 300
    return 60 if kind is Sampler.GP else 100


def _compared(problem: Problem, kind: Sampler, pairs: int, trials: int, parallel: int) -> Row:
    runs = [
        (
            _run(problem, _ours(problem, kind, trials, seed), trials, parallel),
            _run(problem, _theirs(problem, kind, seed), trials, parallel),
        )
        for seed in range(pairs)
    ]
    better, worse = sum(a < b for a, b in runs), sum(a > b for a, b in runs)
    p = wilcoxon(*zip(*runs, strict=True), alternative="greater").pvalue if better + worse else 1.0
    score = "hypervolume lacking" if problem.num_objectives > 1 else "regret"
    name = f"{kind.value}, {problem.name}: {score} after {trials} trials"
    verdict = f"no worse; better, equal, worse in {better}, {pairs - better - worse}, {worse}; p {p:.2f}"
    ours, theirs = median(a for a, _ in runs), median(b for _, b in runs)
    ratio = (theirs + _NEGLIGIBLE) / (ours + _NEGLIGIBLE)
    return {"name": name, "ours": ours, "theirs": theirs, "ratio": ratio, "bound": verdict}


class _Run:
    """A study, asked and told."""

    def __init__(self, study: optuna.Study, ask: Callable[[], tuple[optuna.Trial, tuple[float, ...]] | None]) -> None:
        self.study, self.ask = study, ask


def _run(problem: Problem, run: _Run, trials: int, parallel: int) -> float:
    """Return how far the best found is from the optimum."""
    running: deque[tuple[optuna.Trial, tuple[float, ...]]] = deque()
    told: list[tuple[float, ...]] = []
    for _ in range(trials):
        asked = run.ask()
        if asked is None:
            break
        running.append(asked)
        if len(running) >= parallel:
            trial, values = running.popleft()
            run.study.tell(trial, values)
            told.append(values)
    told.extend(values for _, values in running)
    if problem.num_objectives > 1:
        return problem.best - hypervolume(told)
    return max(0.0, min(value for (value,) in told) - problem.best)


def _ours(problem: Problem, kind: Sampler, trials: int, seed: int) -> _Run:
    search = SearchSpec(sampler=kind, trials=trials, population=_POPULATION if kind is Sampler.NSGA2 else None)
    history = History(MAX_FINISHED if kind in (Sampler.TPE, Sampler.GP) and problem.num_objectives == 1 else None)
    study = optuna.create_study(storage=history, directions=["minimize"] * problem.num_objectives)
    handed: list[int] = []
    taken: set[str] = set()

    def suggest(trial: optuna.Trial) -> tuple[tuple[float, ...], str]:
        values = problem.objective(trial)
        return values, repr(sorted(trial.params.items()))

    def ask() -> tuple[optuna.Trial, tuple[float, ...]] | None:
        drawn = draw(
            study,
            search,
            asked=[history.get_trial(number) for number in handed],
            seed_of=partial(derive_seed, seed, "arm"),
            suggest=suggest,
            is_taken=lambda found: found[1] in taken,
        )
        if drawn is None:
            return None
        trial, (values, configuration) = drawn
        handed.append(trial._trial_id)
        taken.add(configuration)
        return trial, values

    return _Run(study, ask)


def _theirs(problem: Problem, kind: Sampler, seed: int) -> _Run:
    study = optuna.create_study(sampler=_THEIRS[kind](seed), directions=["minimize"] * problem.num_objectives)

    def ask() -> tuple[optuna.Trial, tuple[float, ...]]:
        trial = study.ask()
        return trial, problem.objective(trial)

    return _Run(study, ask)


if __name__ == "__main__":
    main()
