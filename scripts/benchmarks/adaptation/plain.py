"""A study as Ray Tune's documentation writes it: a function trainable and OptunaSearch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import optuna
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from adaptation import space
from adaptation.case import Case, Outcome
from adaptation.training import accuracies


class Ends(tune.Callback):  # type: ignore[misc]
    """Notes when trials end, and how good the best is then."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.best: list[float] = []

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.at.append(time.monotonic())
        self.best.append(max([trial.last_result["accuracy"], *self.best[-1:]]))


def run(case: Case, folder: Path) -> Outcome:
    """Run the study's trials, two at a time."""

    def train(config: dict[str, Any]) -> None:
        for accuracy in accuracies(case, folder, config):
            tune.report({"accuracy": accuracy})

    ends = Ends()
    sampler = None if case.study == "linear_probe" else optuna.samplers.GridSampler(space.GRID, seed=0)
    search = OptunaSearch(getattr(space, case.study), metric="accuracy", mode="max", sampler=sampler)
    began = time.monotonic()
    tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        tune_config=tune.TuneConfig(metric="accuracy", mode="max", search_alg=search, num_samples=case.trials),
        run_config=tune.RunConfig(storage_path=str(folder / "plain"), callbacks=[ends], verbose=0),
    ).fit()
    return Outcome(wall_s=time.monotonic() - began, ends_s=[at - began for at in ends.at], best=ends.best)
