"""A study through Syne Tune's local backend: a process a trial, two at a time."""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.baselines import RandomSearch
from syne_tune.tuner_callback import TunerCallback

from adaptation import space
from adaptation.case import Case, Outcome

CASE = "case.json"
SCRIPT = Path(__file__).with_name("syne_tune_trial.py")


class Ends(TunerCallback):  # type: ignore[misc]
    """Notes when trials end, and the best so far."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.best: list[float] = []
        self._last: dict[int, float] = {}

    def on_trial_result(self, trial: Any, status: str, result: dict[str, Any], decision: str) -> None:
        self._last[trial.trial_id] = result["accuracy"]

    def on_trial_complete(self, trial: Any, result: dict[str, Any]) -> None:
        self.at.append(time.monotonic())
        self.best.append(max([result["accuracy"], *self.best[-1:]]))


def run(case: Case, folder: Path) -> Outcome:
    """Run the study's trials, two at a time."""
    logging.getLogger().setLevel(logging.ERROR)
    os.environ["SYNETUNE_FOLDER"] = str(folder / "syne-tune")
    (folder / CASE).write_text(json.dumps(asdict(case)))
    fixed = {"folder": str(folder)}
    configurations, points = _space(case)
    scheduler = RandomSearch(
        {**configurations, **fixed}, metrics=["accuracy"], do_minimize=False, random_seed=0, points_to_evaluate=points
    )
    ends = Ends()
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=str(SCRIPT)),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_completed=case.trials),
        n_workers=2,
        sleep_time=0.1,
        callbacks=[ends],
        save_tuner=False,
        print_update_interval=1e6,
    )
    began = time.monotonic()
    tuner.run()
    at, best = ends.at[: case.trials], ends.best[: case.trials]
    return Outcome(wall_s=time.monotonic() - began, ends_s=[end - began for end in at], best=best)


def _space(case: Case) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    """Return what `adaptation.space` searches, in Syne Tune's words, and the configurations to begin with."""
    if case.study == "linear_probe":
        return {
            "head_depth": randint(0, 1),
            "head_width": lograndint(32, 256),
            "head_learning_rate": loguniform(1e-4, 1e-1),
            "weight_decay": loguniform(1e-6, 1e-1),
            "dropout": uniform(0.0, 0.5),
            "freezing_depth": space.NUM_STAGES,
            "batch_size": 32,
        }, None
    common = {"head_depth": 0, "head_width": 64, "head_learning_rate": 1e-2, "weight_decay": 1e-4, "dropout": 0.1}
    searched = {name: choice(values) for name, values in space.GRID.items()}
    points = [dict(zip(space.GRID, values, strict=True)) for values in product(*space.GRID.values())]
    return {**searched, **common, "batch_size": 32}, points
