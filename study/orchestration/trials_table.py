"""All trials of a study as one table."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd

from study.values.flat import flat, told
from study.values.records import TrialRecord

FACTS = ("trial", "arm", "state", "epochs", "objective", "duration_s", "reason")


def trials_table(records: Sequence[TrialRecord]) -> pd.DataFrame:
    """Return a row a trial, in the order they were asked for: facts, then one column a hyperparameter.

    `objective` is that of the last epoch reached; only complete trials' are comparable. A hyperparameter that a
    configuration does not have is missing in its row.
    """
    # A method that is off in every trial is nothing to tell; where some have it on, off is a value as any other.
    on = {name for record in records for name in told(record.plan.hyperparameters)}
    rows = [
        {**_facts(record), **{name: value for name, value in flat(record.plan.hyperparameters).items() if name in on}}
        for record in records
    ]
    table = pd.DataFrame(rows)
    ordered: pd.DataFrame = table.reindex(columns=[*FACTS, *(name for name in table.columns if name not in FACTS)])
    return ordered


def _facts(record: TrialRecord) -> dict[str, Any]:
    return {
        "trial": record.plan.number,
        "arm": record.plan.arm.id,
        "state": record.state.value,
        "epochs": len(record.epochs),
        "objective": math.nan if record.objective is None else record.objective,
        "duration_s": (record.ended_at or time.time()) - record.started_at,
        "reason": record.reason,
    }
