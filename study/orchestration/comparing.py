"""Several studies side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study.orchestration.leaderboard import ranked
from study.orchestration.study import Study

COLUMNS = ("task", "metric", "rank", "study", "arm", "validation", "test", "test_low", "test_high", "seeds", "trials")


def compare_studies(studies: Sequence[Study]) -> pd.DataFrame:
    """Return the leaderboards of several studies as one, best first within each task and metric.

    Columns are the leaderboard's, with `study` (its name, or its location where names are the same). Whether tasks of
    one name are the same data, split alike, is for who compares them to know: scores on other test examples differ
    for that alone.

    Args:
        studies: At least one.
    """
    names = [study.spec.name for study in studies]
    called = [study.spec.name if names.count(study.spec.name) == 1 else study.location for study in studies]
    tables = [study.leaderboard().assign(study=name) for study, name in zip(studies, called, strict=True)]
    table: pd.DataFrame = ranked(pd.concat(tables, ignore_index=True))[list(COLUMNS)]
    return table
