"""Which hyperparameters mattered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import optuna
import pandas as pd
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.storages import BaseStorage

from study.orchestration.findings.table import table_of
from study.values.arm import Arm

_MIN_TRIALS = 8
"""With fewer complete trials an importance is noise."""


def importances(study: str, arms: Iterable[Arm], storage: BaseStorage) -> pd.DataFrame:
    """Return how much each hyperparameter matters for being among an arm's best: `arm`, `hyperparameter`, `importance`.

    PED-ANOVA (Watanabe et al., 2023), shares that add up to 1 an arm; hyperparameters that every trial has. Arms with
    few complete trials are left out. With several objectives the best are those first by non-domination.

    Args:
        study: The study's name.
        arms: Its arms.
        storage: Where Optuna keeps its trials.
    """
    rows: list[dict[str, object]] = []
    known = set(optuna.get_all_study_names(storage))
    for arm in arms:
        name = f"{study}/{arm.id}"
        if name in known:
            rows += [
                {"arm": arm.id, "hyperparameter": parameter, "importance": share}
                for parameter, share in _of(optuna.load_study(study_name=name, storage=storage)).items()
            ]
    return table_of(rows, ["arm", "hyperparameter", "importance"])


def _of(arm_study: optuna.Study) -> Mapping[str, float]:
    complete = arm_study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if len(complete) < _MIN_TRIALS or len({tuple(trial.values) for trial in complete}) == 1:
        return {}
    found: Mapping[str, float] = get_param_importances(arm_study, evaluator=PedAnovaImportanceEvaluator())
    return found
