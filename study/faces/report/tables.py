"""Tables of the report that are more than a table of findings, as text."""

from __future__ import annotations

import math

import pandas as pd

from study.orchestration.findings import Findings
from study.orchestration.findings.outer import OuterFindings
from study.orchestration.findings.standings import Standings
from study.orchestration.leaderboard_text import leaderboard_text
from study.orchestration.text_table import Table, shown, with_interval
from study.orchestration.trials_table import FACTS


def standing_rows(found: Standings) -> Table:
    """Return the arms of a task, best first, with their intervals."""
    names = {
        "arm": "arm",
        "test": "test",
        "interval": "interval",
        "probability_best": "chance of being best",
        "expected_rank": "expected rank",
        "seeds": "seeds",
        "examples": "test examples",
    }
    return shown(with_interval(found.table), names)


def comparison_rows(found: Standings) -> Table:
    """Return every pair of a task's arms."""
    names = {
        "arm": "arm",
        "against": "against",
        "difference": "difference",
        "interval": "interval",
        "p_holm": "p (Holm)",
        "p_mcnemar": "p of accuracy (McNemar)",
        "verdict": "verdict",
    }
    return shown(with_interval(found.comparisons), names)


def agreement_rows(found: OuterFindings) -> Table:
    """Return how far validation and the outer split agree on the order of each arm's trials."""
    names = {"arm": "arm", "tau": "Kendall's tau", "interval": "interval", "trials": "complete trials"}
    return shown(with_interval(found.agreement), names)


def oracle_rows(found: OuterFindings) -> Table:
    """Return what the outer split would have chosen, beside what was chosen."""
    names = {
        "arm": "arm",
        "selected": "selected trial",
        "selected_outer": "its outer score",
        "oracle": "oracle's trial",
        "oracle_outer": "oracle's outer score",
        "regret": "regret",
    }
    return shown(found.oracle, names)


def out_of_distribution_rows(table: pd.DataFrame) -> Table:
    """Return the scores on data from elsewhere."""
    names = {
        "task": "task",
        "data": "data",
        "arm": "arm",
        "metric": "metric",
        "in_distribution": "test",
        "score": "out of distribution",
        "interval": "interval",
        "relative_drop": "relative drop",
        "seeds": "seeds",
        "examples": "examples",
    }
    return shown(with_interval(table), names)


def few_shot_rows(table: pd.DataFrame) -> Table:
    """Return the scores by the number of training examples."""
    names = {
        "task": "task",
        "arm": "arm",
        "metric": "metric",
        "examples": "examples of each class",
        "num_train": "training examples",
        "score": "test",
        "interval": "interval",
        "seeds": "seeds",
    }
    examples = ["all" if math.isnan(number) else f"{number:g}" for number in table["examples_per_class"]]
    return shown(with_interval(table.assign(examples=examples)), names)


def leaderboard_rows(findings: Findings) -> Table:
    """Return the leaderboard, its intervals those of the bootstrap where there are predictions to resample."""
    # A limit that is 0 or 1 everywhere makes a column of whole numbers.
    table = findings.leaderboard.astype({"test": float, "test_low": float, "test_high": float})
    for task, one in findings.tasks.items():
        for row in one.standings.table.to_dict(orient="records"):
            place = (table["task"] == task) & (table["arm"] == row["arm"])
            table.loc[place, ["test", "test_low", "test_high"]] = [row["test"], row["low"], row["high"]]
    return leaderboard_text(table)


def worst_rows(table: pd.DataFrame) -> Table:
    """Return the class that each arm tells worst."""
    names = {
        "arm": "arm",
        "class": "worst class",
        "recall": "its recall",
        "interval": "interval",
        "examples": "its test examples",
    }
    return shown(with_interval(table), names)


def depth_rows(table: pd.DataFrame) -> Table:
    """Return what complete trials reached at each freezing depth."""
    names = {
        "arm": "arm",
        "freezing_depth": "freezing depth",
        "trials": "complete trials",
        "stopped": "stopped early",
        "mean": "mean objective",
        "interval": "interval of the mean",
        "best": "best",
    }
    return shown(with_interval(table), names)


def pareto_rows(table: pd.DataFrame) -> Table:
    """Return the trials on the front of their arm, those on the front over arms marked."""
    front = table[table["on_arm_front"].astype(bool)]
    marked = front.assign(front=["over arms" if joint else "of its arm" for joint in front["on_front"]])
    return shown(marked.drop(columns=["feasible", "on_arm_front", "on_front"]))


def flip_rows(table: pd.DataFrame) -> Table:
    """Return where the order of two arms turns."""
    names = {"arm": "ahead with fewer trials", "against": "ahead from then on", "from_trials": "from how many trials"}
    return shown(table, names)


def trial_rows(trials: pd.DataFrame) -> Table:
    """Return every trial, without the hyperparameters that are the same in all."""
    return shown(trials.drop(columns=["reason", *constants(trials)]))


def constants(trials: pd.DataFrame) -> dict[str, object]:
    """Return the hyperparameters that every trial has, with one and the same value."""
    same = [name for name in trials.columns if name not in FACTS and trials[name].nunique(dropna=False) == 1]
    return {name: trials[name].iloc[0] for name in same}
