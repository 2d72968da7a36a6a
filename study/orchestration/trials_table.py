"""All trials of a study as one table."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd

from study.values.flat import flat
from study.values.records import TrialRecord

FACTS = ("trial", "arm", "state", "epochs", "objective", "duration_s", "reason")


def trials_table(records: Sequence[TrialRecord]) -> pd.DataFrame:
    """Return a row a trial, in the order they were asked for: facts, then one column a hyperparameter.

    `objective` is that of the last epoch reached; only complete trials' are comparable. A hyperparameter that a
    configuration does not have is missing in its row.
    """
    rows = [{**_facts(record), **flat(record.plan.hyperparameters)} for record in records]
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
