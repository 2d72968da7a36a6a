"""Several studies side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from study.orchestration.study import Study
from study.values.metric_names import METRICS

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
    together: pd.DataFrame = pd.concat(tables, ignore_index=True)
    sign = together["metric"].map(lambda name: -1.0 if METRICS[name].maximize else 1.0)
    pairs = list(zip(together["task"], together["metric"], strict=True))
    place = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    keyed = together.assign(_score=sign * together["test"], _place=[place[pair] for pair in pairs])
    ordered = keyed.sort_values(["_place", "_score"], na_position="last", kind="stable")
    ranks = ordered.groupby("_place")["_score"].rank(method="min").astype("Int64")
    table: pd.DataFrame = ordered.assign(rank=ranks)[list(COLUMNS)].reset_index(drop=True)
    return table
