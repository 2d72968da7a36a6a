"""The conclusion, in three sentences that follow from the tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from study.orchestration.findings.generalizing import mean_bias
from study.orchestration.findings.standings import Standings
from study.statistics.paired import NO_DIFFERENCE
from study.values.arm import Arm
from study.values.spec import TaskSpec

_NEGLIGIBLE = 5e-4
"""A bias that would be written as 0."""


def conclude(
    tasks: Mapping[str, TaskSpec],
    standings: Mapping[str, Standings],
    biases: pd.DataFrame,
    *,
    arms: Sequence[Arm],
    confidence: float,
) -> tuple[str, ...]:
    """Return what is best, whether that is shown, and how far the selection can be trusted.

    Args:
        tasks: By name.
        standings: Of each task that was assessed.
        biases: Of the selected trials.
        arms: The study's; those on a task that are not in its standings are named.
        confidence: Coverage of the intervals.
    """
    if not standings:
        return ("Nothing has been assessed yet, so there is nothing to conclude.",)
    return (
        " ".join(_best(tasks[name], one, confidence) for name, one in standings.items()),
        " ".join(_shown(name, one, arms) for name, one in standings.items()),
        _trust(biases, standings),
    )


def _best(task: TaskSpec, found: Standings, confidence: float) -> str:
    first = found.table.iloc[0]
    equal = found.table["arm"][found.table["test"] == first["test"]].tolist()
    names = f"{first['arm']} scores" if len(equal) == 1 else f"{' and '.join(equal)} score"
    interval = ""
    if not math.isnan(first["low"]):
        interval = f" ({confidence:.0%} interval {first['low']:.3g} to {first['high']:.3g})"
    return (
        f"On {task.name}, {names} best on test: {task.metric} {first['test']:.3g}{interval}, over "
        f"{_count(first['seeds'], 'seed')} and {_count(first['examples'], 'example')}."
    )


def _shown(name: str, found: Standings, arms: Sequence[Arm]) -> str:
    assessed = found.table["arm"].tolist()
    others = [arm.id for arm in arms if name in arm.task_names and arm.id not in assessed]
    missing = f"; not assessed: {', '.join(others)}" if others else ""
    if len(assessed) == 1:
        return f"On {name} there is nothing to compare it with{missing}."
    first = found.table.iloc[0]
    against = found.comparisons[found.comparisons["arm"] == first["arm"]]
    open_ones = against[against["verdict"] == NO_DIFFERENCE]
    those = f"the {len(assessed)} assessed" if others else f"{len(assessed)}"
    chance = f"its chance of being the best of {those} is {first['probability_best']:.0%}{missing}"
    if open_ones.empty:
        return f"On {name} it is better than every other arm{' assessed' if others else ''}; {chance}."
    if len(open_ones) == len(against):
        return f"On {name} {NO_DIFFERENCE} between it and any other arm{' assessed' if others else ''}; {chance}."
    names = ", ".join(open_ones["against"])
    beaten = _count(len(against) - len(open_ones), "arm")
    return f"On {name} it is better than {beaten}; {NO_DIFFERENCE} between it and {names}; {chance}."


def _trust(biases: pd.DataFrame, standings: Mapping[str, Standings]) -> str:
    bias = mean_bias(biases)
    seeds = min(int(one.table["seeds"].min()) for one in standings.values())
    caution = " A single seed says nothing of how training varies." if seeds < 2 else ""
    if math.isnan(bias):
        return f"How much the selection flatters is not known.{caution}"
    if abs(bias) < _NEGLIGIBLE:
        return f"The validation scores by which configurations were selected are confirmed by training anew.{caution}"
    word = "too good" if bias > 0 else "too low"
    return (
        f"The validation scores by which configurations were selected are {abs(bias):.2g} {word} on average, which is "
        f"why the test scores of models trained anew count.{caution}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
