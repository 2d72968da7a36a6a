"""The class that each arm tells worst."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.orchestration.findings.evidence import TaskEvidence
from study.orchestration.findings.table import table_of
from study.statistics.resamples import Resamples
from study.statistics.worst_class import worst_class
from study.values.seeds import derive_seed

COLUMNS = ("arm", "class", "recall", "low", "high", "examples")


def worst_classes(evidence: TaskEvidence, *, seed: int, confidence: float) -> pd.DataFrame:
    """Return the class of least recall on test of each arm, the arm whose worst class is told best on top.

    Columns: `arm`, `class`, `recall` (mean over seeds), `low`, `high`, `examples` (of the class, in test). Empty
    where an example is not of one class.

    Args:
        evidence: On the task.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
    """
    task = evidence.task
    # As for the standings: of the data rather than of the task.
    resamples = Resamples(num_examples=len(evidence.examples), seed=derive_seed(seed, "resamples", task.data))
    rng = np.random.default_rng(derive_seed(seed, "worst class", task.name))
    rows = []
    for arm, predictions in evidence.classified.items():
        found = worst_class(predictions, resamples, rng, confidence)
        row = {"arm": arm, "class": evidence.class_name(found.number), "recall": found.recall.point}
        rows.append({**row, "low": found.recall.low, "high": found.recall.high, "examples": found.num_examples})
    table = table_of(rows, COLUMNS).sort_values("recall", ascending=False, kind="stable")
    ordered: pd.DataFrame = table.reset_index(drop=True)
    return ordered
