"""What is searched when stages of a pretrained backbone are trained from different epochs on."""

from __future__ import annotations

from typing import Any

import optuna

from search_spaces.fine_tuning import fine_tuning
from study.values.arm import ArmFacts


def unfreezing(trial: optuna.Trial, arm: ArmFacts) -> dict[str, Any]:
    """Suggest a configuration: what fine-tuning searches, and when the unfrozen stages begin to be trained.

    `unfreezing` is `at_once`, `probe_first` or, where epochs outnumber stages, `gradual`; only pretrained stages wait.

    - `probe_epochs` 1 to half of the epochs, of `probe_first`: Kumar et al. (2022, LP-FT) probe until the heads have
      converged and then fine-tune.
    - `unfreeze_every` 1 (Howard and Ruder, 2018, section 3.3) to as many epochs as leave the last one to train all
      stages, of `gradual`.

    A scheduler that stops trials early compares them epoch by epoch, also those whose stages still wait.

    Args:
        trial: The Optuna trial.
        arm: The arm searched.
    """
    values = fine_tuning(trial, arm)
    if values["freezing_depth"] == arm.num_stages or arm.epochs < 2 or arm.max_freezing_depth == 0:
        return values
    # Whatever the freezing depth: other ranges under one name are what neither TPE nor importances can put together.
    longest = (arm.epochs - 1) // (arm.num_stages - arm.min_freezing_depth)
    ways = ["at_once", "probe_first", *(["gradual"] if longest else [])]
    way = trial.suggest_categorical("unfreezing", ways)
    if way == "probe_first":
        values["probe_epochs"] = trial.suggest_int("probe_epochs", 1, arm.epochs // 2)
    elif way == "gradual":
        values["unfreeze_every"] = trial.suggest_int("unfreeze_every", 1, longest)
    return values
