"""All trials of a study as one table."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import pandas as pd

from study.values.flat import flat, told
from study.values.records import TrialRecord

GOES_ON_FROM = "goes_on_from"
FACTS = ("trial", "arm", "state", GOES_ON_FROM, "epochs", "objective", "duration_s", "reason")


def trials_table(records: Sequence[TrialRecord]) -> pd.DataFrame:
    """Return a row a trial, in the order they were asked for: facts, then one column a hyperparameter.

    `objective` is that of the last epoch reached; only complete trials' are comparable. A hyperparameter that a
    configuration does not have is missing in its row. `goes_on_from` is there where trials go on from others: the
    number of that trial, whose epochs count in `epochs`.
    """
    # A method that is off in every trial is nothing to tell; where some have it on, off is a value as any other.
    on = {name for record in records for name in told(record.plan.hyperparameters)}
    rows = [
        {**_facts(record), **{name: value for name, value in flat(record.plan.hyperparameters).items() if name in on}}
        for record in records
    ]
    table = pd.DataFrame(rows).astype({GOES_ON_FROM: "Int64"}) if rows else pd.DataFrame()
    lineages = any(record.plan.lineage for record in records)
    facts = [name for name in FACTS if lineages or name != GOES_ON_FROM]
    ordered: pd.DataFrame = table.reindex(columns=[*facts, *(name for name in table.columns if name not in FACTS)])
    return ordered


def _facts(record: TrialRecord) -> dict[str, Any]:
    return {
        "trial": record.plan.number,
        "arm": record.plan.arm.id,
        "state": record.state.value,
        GOES_ON_FROM: record.plan.lineage[-1].trial if record.plan.lineage else None,
        "epochs": record.last_epoch,
        "objective": math.nan if record.objective is None else record.objective,
        "duration_s": (record.ended_at or time.time()) - record.started_at,
        "reason": record.reason,
    }
