"""What was searched: each arm's hyperparameters, and how their ranges run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage

from study.orchestration.findings.table import table_of
from study.values.arm import Arm

COLUMNS = ("arm", "hyperparameter", "kind", "log", "low", "high", "choices")


def search_space(study: str, arms: Iterable[Arm], storage: BaseStorage) -> pd.DataFrame:
    """Return the range of each hyperparameter that an arm's space suggested, under the space's own name for it.

    Columns: `arm`, `hyperparameter`, `kind` (`float`, `int`, `categorical`), `log` (whether it was searched on a
    logarithmic scale), `low`, `high`, and for a categorical one `choices`, as text.

    Args:
        study: The study's name.
        arms: Its arms.
        storage: Where Optuna keeps its trials.
    """
    known = set(optuna.get_all_study_names(storage))
    rows = [
        row
        for arm in arms
        if (name := f"{study}/{arm.id}") in known
        for row in _of_arm(arm, optuna.load_study(study_name=name, storage=storage))
    ]
    return table_of(rows, COLUMNS)


def _of_arm(arm: Arm, arm_study: optuna.Study) -> Iterator[dict[str, object]]:
    found: dict[str, BaseDistribution] = {}
    for trial in arm_study.get_trials(deepcopy=False):
        found.update(trial.distributions)
    for name, distribution in found.items():
        yield {"arm": arm.id, "hyperparameter": name, **_described(distribution)}


def _described(distribution: BaseDistribution) -> dict[str, object]:
    if isinstance(distribution, CategoricalDistribution):
        return {"kind": "categorical", "log": False, "choices": ", ".join(map(str, distribution.choices))}
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    kind = "float" if isinstance(distribution, FloatDistribution) else "int"
    # One type a column, whatever was searched.
    ends = {"low": float(distribution.low), "high": float(distribution.high)}
    return {"kind": kind, "log": distribution.log, **ends}
