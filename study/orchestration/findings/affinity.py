"""How far a step of the shared parameters for one task helps each task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from study.orchestration.findings.kept import kept
from study.orchestration.findings.table import table_of
from study.orchestration.interval import of_mean
from study.trial.affinity import load_affinities
from study.values.records import TrialRecord

COLUMNS = ("arm", "source", "target", "affinity", "low", "high", "seeds")


def affinity(
    assessed: Mapping[str, Sequence[TrialRecord]], bring: Callable[[str], Path], *, confidence: float
) -> pd.DataFrame:
    """Return the inter-task affinity of every pair of tasks of each shared arm, a mean over epochs and seeds.

    Columns: `arm`, `source` (the task that a step is taken for), `target`, `affinity` (the share of the target's loss
    that the step takes away, negative where it adds to it), `low`, `high` (Student's t over seeds, each a mean over
    its epochs), `seeds`. It grows with the learning rate: what tells is how the sources of one target compare.

    Args:
        assessed: Complete assessments by arm id.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
        confidence: Coverage of the intervals.
    """
    rows = []
    for arm, records in assessed.items():
        by_seed: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for record in records:
            for pair, value in _of_seed(record, bring).items():
                by_seed[pair].append(value)
        for (source, target), values in by_seed.items():
            found = of_mean(values, confidence=confidence)
            row = {"arm": arm, "source": source, "target": target, "affinity": found.mean}
            rows.append({**row, "low": found.low, "high": found.high, "seeds": found.num})
    return table_of(rows, COLUMNS)


def _of_seed(record: TrialRecord, bring: Callable[[str], Path]) -> Mapping[tuple[str, str], float]:
    by_pair: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    if record.plan.affinity:  # what others kept need not be fetched
        for one in kept(record, bring, load_affinities):
            by_pair[one.source, one.target].append(one.value)
    return {pair: float(np.mean(values)) for pair, values in by_pair.items()}
