"""Agreement: whether scores of features rank backbones as tuning them did."""

from __future__ import annotations

import math

import pandas as pd
from scipy.stats import kendalltau

from study.learning.transferability import SCORES
from study.values.metric_names import METRICS
from study.values.problems import InputError
from study.values.protocols import Protocol
from study.values.spec import StudySpec

COLUMNS = ("task", "score", "tau", "p_value", "backbones", "compared_with", "verdict")


def agreement(ranking: pd.DataFrame, leaderboard: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each task and score: how far the score orders the backbones as tuning them did.

    Columns: `tau` is Kendall's rank correlation (tau-b), from -1, the reverse order, to 1, the same order; `p_value`
    the probability of one as far from 0 in a random order; `backbones` how many are ordered; `compared_with` the split
    their results are on; `verdict` a sentence. `tau` and `p_value` are NaN where there is no order to compare.

    A backbone's result is that of its best arm on the task. The arm is chosen on validation, as everything is; what is
    compared is its score on test, or on validation where a backbone has none on test yet: the two are not mixed.
    `from_scratch` arms do not count, since they do without the weights that were scored; nor do backbones without a
    score.

    Args:
        ranking: As `rank` returns it.
        leaderboard: As `Study.leaderboard` returns it.
    """
    rows = []
    for task, scored in ranking.groupby("task", sort=False):
        results, split = _results(leaderboard[leaderboard["task"] == task])
        joined = scored.set_index("backbone").join(results.rename("result"), how="inner")
        for name in SCORES:
            rows.append({"task": task, "score": name, "compared_with": split, **_compared(joined, name, split)})
    table: pd.DataFrame = pd.DataFrame(rows, columns=list(COLUMNS))
    return table


def check_comparable(ranked: StudySpec, studied: StudySpec) -> None:
    """Refuse to compare a ranking with a study that calls other things by the same names, or nothing.

    Args:
        ranked: Whose backbones were scored on its tasks.
        studied: Whose arms were tuned.

    Raises:
        InputError: Naming each backbone and task that differs, or that there is none in common.
    """
    differing, common = [], {}
    for what, ours, theirs in (
        ("backbone", ranked.backbones, studied.backbones),
        ("task", ranked.tasks, studied.tasks),
    ):
        known = {entry.name: entry for entry in theirs}
        common[what] = [entry.name for entry in ours if entry.name in known]
        differing += [f"{what} {entry.name}" for entry in ours if entry.name in known and known[entry.name] != entry]
    if differing:
        raise InputError(f"the study has another {' and another '.join(differing)}; rank its own spec")
    for what, names in common.items():
        if not names:
            raise InputError(f"the study has no {what} in common with what is ranked")


def _results(rows: pd.DataFrame) -> tuple[pd.Series, str]:
    """Return the result of each backbone on one task, larger being better, and the split it is on."""
    rows = rows[(rows["protocol"] != Protocol.FROM_SCRATCH.value) & rows["validation"].notna()]
    sign = rows["metric"].map(lambda name: 1.0 if METRICS[name].maximize else -1.0).astype(float)
    signed = rows.assign(validation=sign * rows["validation"], test=sign * rows["test"])
    best = signed.sort_values("validation", ascending=False, kind="stable").drop_duplicates("backbone")
    split = "validation" if best["test"].isna().any() else "test"
    return best.set_index("backbone")[split], split


def _compared(joined: pd.DataFrame, name: str, split: str) -> dict[str, object]:
    joined = joined[joined[name].notna()]
    num = len(joined)
    tau, p_value = math.nan, math.nan
    if num >= 2:
        found = kendalltau(joined[name], joined["result"])
        tau, p_value = float(found.statistic), float(found.pvalue)
    return {"tau": tau, "p_value": p_value, "backbones": num, "verdict": _verdict(name, tau, p_value, num, split)}


def _verdict(name: str, tau: float, p_value: float, num: int, split: str) -> str:
    if num < 2:
        return f"{name} cannot be compared: {num} of the backbones ranked {'has' if num == 1 else 'have'} a result"
    if math.isnan(tau):
        return f"{name} cannot be compared: all {num} backbones have the same score or the same result on {split}"
    figures = f"tau {tau:+.2f} over {num} backbones, p = {p_value:.2g}"
    if tau > 0:
        return f"{name} agrees in direction with the tuned result on {split} ({figures})"
    if tau < 0:
        return f"{name} does not agree: it points the other way than the tuned result on {split} ({figures})"
    return f"{name} does not agree: it says nothing of the tuned result on {split} ({figures})"
