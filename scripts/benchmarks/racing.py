"""A race of 8 arms (ours) beside a table of equal budgets with as many trials in all (theirs).

Arms are closed forms: each has a ceiling, drawn with the seed, below which a configuration of 4 parameters stays by
its distance from the arm's optimum; objectives are noisy, as validation is. The race has 40 trials for who wins and
decides after 5, 10 and 20, the table 12 for every arm; both search by TPE. The winner is the arm with the best
objective. Regret is how far its chosen configuration is, without the noise, from the best ceiling of all, as the median
over pairs of runs with equal seeds; p is that of Wilcoxon's signed ranks for ours being better.

    python scripts/benchmarks/racing.py [--quick] [--json FILE] [--pairs N]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from statistics import mean, median

import numpy as np
import optuna
from scipy.stats import wilcoxon
from table import Row, options_of, report

from study.adapters.optuna_search.drawing import draw
from study.adapters.optuna_search.history import History
from study.values.racing import Entrant, Race, run_race
from study.values.seeds import derive_seed
from study.values.spec import RacingSpec, SearchSpec

_NUM_ARMS = 8
_NUM_PARAMETERS = 4
_NOISE = 0.01
_TRIALS = 40
_SPREADS = (0.02, 0.05, 0.1)
"""Standard deviations of the arms' ceilings."""


def main() -> None:
    """Run the benchmark and print its table."""
    options = options_of(__doc__ or "", quick="3 pairs", pairs=20).parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    pairs = 3 if options.quick else options.pairs
    report((row for spread in _SPREADS for row in _compared(spread, pairs)), options.json)


class _Arm:
    """A search that goes on a trial at a time."""

    def __init__(self, number: int, ceiling: float, seed: int) -> None:
        self.name = str(number)
        self._rng = np.random.default_rng([seed, number])
        self._ceiling, self._optimum = ceiling, self._rng.uniform(0.2, 0.8, _NUM_PARAMETERS)
        self._seed_of = partial(derive_seed, seed, number)
        self._history = History()
        self._study = optuna.create_study(storage=self._history, direction="maximize")
        self._ids: list[int] = []
        self.objectives: list[float] = []
        self.truths: list[float] = []

    def train(self) -> None:
        """Draw a configuration and tell what it gave."""
        drawn = draw(
            self._study,
            SearchSpec(),
            asked=[self._history.get_trial(number) for number in self._ids],
            seed_of=self._seed_of,
            suggest=lambda trial: [trial.suggest_float(f"x{index}", 0, 1) for index in range(_NUM_PARAMETERS)],
            is_taken=lambda found: False,
        )
        assert drawn is not None, "numbers never run out"
        trial, values = drawn
        self._ids.append(trial._trial_id)
        self.truths.append(self._ceiling - 0.5 * float(((np.array(values) - self._optimum) ** 2).sum()))
        self.objectives.append(self.truths[-1] + float(self._rng.normal(0, _NOISE)))
        self._study.tell(trial, self.objectives[-1])


def _compared(spread: float, pairs: int) -> Iterator[Row]:
    runs = [(_race(_arms(spread, seed)), _table(_arms(spread, seed))) for seed in range(pairs)]
    regrets = [(_regret(ours, spread, seed), _regret(theirs, spread, seed)) for seed, (ours, theirs) in enumerate(runs)]
    better, worse = sum(a < b for a, b in regrets), sum(a > b for a, b in regrets)
    p = wilcoxon(*zip(*regrets, strict=True), alternative="less").pvalue
    ours, theirs = median(a for a, _ in regrets), median(b for _, b in regrets)
    trials = [mean(sum(len(arm.objectives) for arm in side) for side in sides) for sides in zip(*runs, strict=True)]
    yield {
        "name": f"ceilings {spread} apart: regret after {trials[0]:.0f} or {trials[1]:.0f} trials",
        "ours": ours,
        "theirs": theirs,
        "ratio": theirs / ours,
        "bound": f"better; better, equal, worse in {better}, {pairs - better - worse}, {worse}; p {p:.3f}",
    }
    hits = [sum(_is_best(side, spread, seed) for seed, side in enumerate(sides)) for sides in zip(*runs, strict=True)]
    yield {
        "name": f"ceilings {spread} apart: runs of {pairs} in which the best arm wins",
        "ours": hits[0],
        "theirs": hits[1],
        "ratio": hits[0] / max(1, hits[1]),
    }


def _ceilings(spread: float, seed: int) -> list[float]:
    return [float(value) for value in np.random.default_rng([seed, 99]).normal(0.8, spread, _NUM_ARMS)]


def _arms(spread: float, seed: int) -> list[_Arm]:
    return [_Arm(number, ceiling, seed) for number, ceiling in enumerate(_ceilings(spread, seed))]


def _race(arms: list[_Arm]) -> list[_Arm]:
    settings = RacingSpec()
    while True:
        race = _standing(arms, settings)
        going = [arm for arm in arms if arm.name not in race.stopped]
        due = min(race.limit or _TRIALS, _TRIALS)
        if all(len(arm.objectives) >= due for arm in going):
            return arms
        for arm in going:
            arm.train()


def _standing(arms: list[_Arm], settings: RacingSpec) -> Race:
    entrants = [
        Entrant(arm=arm.name, num_asked=len(arm.objectives), ended=dict(enumerate(arm.objectives))) for arm in arms
    ]
    rungs = settings.rungs(_TRIALS)
    return run_race(entrants, rungs, reduction_factor=settings.reduction_factor, maximize=True)


def _table(arms: list[_Arm]) -> list[_Arm]:
    settings, trials = RacingSpec(), 0
    rungs = [*settings.rungs(_TRIALS), _TRIALS]
    left, before = _NUM_ARMS, 0
    for rung in rungs:
        trials, before = trials + left * (rung - before), rung
        left = max(1, left // 2)
    for _ in range(trials // _NUM_ARMS):
        for arm in arms:
            arm.train()
    return arms


def _winner(arms: list[_Arm]) -> _Arm:
    return max(arms, key=lambda arm: max(arm.objectives))


def _regret(arms: list[_Arm], spread: float, seed: int) -> float:
    winner = _winner(arms)
    return max(_ceilings(spread, seed)) - winner.truths[int(np.argmax(winner.objectives))]


def _is_best(arms: list[_Arm], spread: float, seed: int) -> bool:
    return int(_winner(arms).name) == int(np.argmax(_ceilings(spread, seed)))


if __name__ == "__main__":
    main()
