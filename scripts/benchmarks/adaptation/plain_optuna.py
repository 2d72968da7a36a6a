"""A study through Optuna alone: `study.optimize` with two threads."""

from __future__ import annotations

import time
from pathlib import Path

import optuna

from adaptation import space
from adaptation.case import Case, Outcome
from adaptation.training import accuracies


def run(case: Case, folder: Path) -> Outcome:
    """Run the study's trials, two at a time."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = None if case.study == "linear_probe" else optuna.samplers.GridSampler(space.GRID, seed=0)
    ends: list[float] = []
    best: list[float] = []

    def objective(trial: optuna.Trial) -> float:
        (*_, last) = accuracies(case, folder, getattr(space, case.study)(trial))
        return last

    def note(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        ends.append(time.monotonic())
        best.append(max([trial.value or 0, *best[-1:]]))

    began = time.monotonic()
    storage = f"sqlite:///{folder / 'optuna.db'}"
    study = optuna.create_study(direction="maximize", sampler=sampler, storage=storage)
    study.optimize(objective, n_trials=case.trials, n_jobs=2, callbacks=[note])
    return Outcome(wall_s=time.monotonic() - began, ends_s=[end - began for end in ends], best=best)
