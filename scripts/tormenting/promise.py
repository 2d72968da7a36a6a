"""What was promised: no finished trial is lost or run twice, and the leaderboard is the undisturbed one's."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

TOLERANCE = 1e-4
"""Of a metric: sums of float32 may run in another order."""

Ends = Mapping[str, float]
"""When each finished trial ended, by its folder."""


def finished(directory: Path) -> Ends:
    """Return what has ended by now, as far as it can be read."""
    found = {}
    for path in directory.glob("*/*/*/*/*/trial.json"):
        record = _read(path)
        if record.get("ended_at") is not None:
            found[path.parent.relative_to(directory).as_posix()] = record["ended_at"]
    return found


def run_twice(before: Ends, now: Ends, damaged: Collection[str]) -> list[str]:
    """Return the trials that had ended before and were run again, but for those whose files were damaged."""
    return [name for name, at in before.items() if name in now and now[name] != at and name not in damaged]


def lost(directory: Path, *, trials: int, arms: int, seeds: int) -> list[str]:
    """Return the trials and assessments of a study that is over which are not there, or not complete."""
    study = Study.open(directory)
    records = study._records().read_all()
    complete = {record.plan.folder for record in records if record.state is TrialState.COMPLETE}
    numbers = {record.plan.number for record in records if record.plan.purpose is Purpose.SEARCH}
    missing = [f"trial {number}" for number in set(range(trials * arms)) - numbers]
    missing += [record.plan.folder for record in records if record.plan.folder not in complete]
    num_assessed = sum(record.plan.purpose is Purpose.ASSESSMENT for record in records)
    return missing + ["an assessment"] * max(0, arms * seeds - num_assessed)


def same_leaderboard(one: Path, other: Path) -> bool:
    """Whether two studies came to the same."""
    tables = [Study.open(directory).leaderboard() for directory in (one, other)]
    try:
        pd.testing.assert_frame_equal(*tables, atol=TOLERANCE, rtol=0)
    except AssertionError:
        return False
    return True


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
