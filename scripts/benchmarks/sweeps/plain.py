"""The same sweep through Ray Tune and its OptunaSearch, as Ray's documentation writes it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.search.optuna import OptunaSearch

from sweeps.case import Case
from sweeps.sleeping import objective_of
from sweeps.space import define_by_run


class Ends(tune.Callback):  # type: ignore[misc]
    """Notes when trials end."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.at.append(time.monotonic())


def sweep(case: Case, directory: Path, *, tuned: bool) -> list[float]:
    """Run the case's trials and return when each ended, on the monotonic clock.

    Args:
        case: What to run.
        directory: Where Tune writes.
        tuned: Reuse actors and let as many trials wait as there are nodes, which the documentation leaves off.
    """
    duration_s, epochs = case.duration_s, case.epochs

    def train(config: dict[str, Any]) -> None:
        for _ in range(epochs):
            time.sleep(duration_s / epochs)
            tune.report({"objective": objective_of(config["dropout"], config["label_smoothing"])})

    if tuned:
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(case.nodes)
    ends = Ends()
    tuner = tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        tune_config=tune.TuneConfig(
            metric="objective",
            mode="max",
            search_alg=OptunaSearch(define_by_run, metric="objective", mode="max"),
            num_samples=case.trials,
            reuse_actors=tuned,
        ),
        run_config=tune.RunConfig(storage_path=str(directory), name="plain", callbacks=[ends], verbose=0),
    )
    tuner.fit()
    return ends.at
